"""Settings of background tasks: a bounded queue in the process, or Celery."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from hotpath.settings.urls import require_url


def _is_redis_url(url: SecretStr) -> SecretStr:
    allowed = "must start with redis:// or rediss://, with a host and a port from 1 to 65535"
    return require_url(url, ("redis://", "rediss://"), allowed)


class TaskSettings(BaseModel, extra="forbid", defer_build=True):
    """Who runs tasks: its subclasses say."""


class InProcessSettings(TaskSettings):
    """A bounded queue in each process; what is in it when a process is killed is lost."""

    queue_size: Annotated[int, Field(ge=1)] = 1000
    """Tasks waiting per process; past that a submit is answered 503."""

    runners: Annotated[int, Field(ge=1, le=64)] = 4
    """Tasks running at once per process."""

    drain_s: Annotated[float, Field(ge=0)] = 10.0
    """Seconds that accepted tasks get to finish when the process stops."""


class CelerySettings(TaskSettings):
    """The broker, and how workers treat a task."""

    broker_url: Annotated[SecretStr, AfterValidator(_is_redis_url)] = SecretStr(
        "redis://127.0.0.1:6379/1"
    )
    """redis://[[user]:password@]host:port/number; must not evict keys."""

    publish_timeout_s: Annotated[float, Field(gt=0)] = 2.0
    """Seconds to hand a task to the broker before the request is answered 503."""

    ping_timeout_s: Annotated[float, Field(gt=0)] = 0.2
    """Seconds the broker has to answer `/readyz`, which load balancers ask often."""

    soft_time_limit_s: Annotated[int, Field(ge=1)] = 240
    """Seconds after which a task is asked to stop."""

    time_limit_s: Annotated[int, Field(ge=1)] = 300
    """Seconds after which a task's process is killed."""

    visibility_timeout_s: Annotated[int, Field(ge=1)] = 600
    """Seconds after which an unfinished task of a lost worker runs again; above time_limit_s."""

    worker_processes: Annotated[int, Field(ge=1, le=256)] = 2
    """Processes of one worker; each has its own pools."""
