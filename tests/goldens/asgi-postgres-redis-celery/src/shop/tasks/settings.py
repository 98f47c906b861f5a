"""What can be set about Celery."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _speaks_redis(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://")):
        raise ValueError("must start with redis:// or rediss://")
    return url


class TaskSettings(BaseModel, extra="forbid"):
    """The broker, and how workers treat a task."""

    broker_url: Annotated[SecretStr, AfterValidator(_speaks_redis)] = SecretStr(
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
