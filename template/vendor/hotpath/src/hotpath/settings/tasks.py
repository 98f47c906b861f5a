"""Settings of background tasks: a bounded queue in the process, or Celery."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from hotpath.settings.urls import parse_redis_url


def _is_broker_url(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    parsed = parse_redis_url(text, ("redis", "rediss"))
    if parsed.scheme == "rediss" and "ssl_cert_reqs" not in parsed.arguments:
        # Without it Celery verifies nothing.
        mark = "&" if parsed.arguments else "?"
        return SecretStr(f"{text.rstrip('?')}{mark}ssl_cert_reqs=required")
    return url


class TaskSettings(BaseModel, extra="forbid", defer_build=True):
    """Who runs tasks: its subclasses say. Tasks are kept in the database until they have ended."""

    lease_s: Annotated[float, Field(ge=0.5)] = 30.0
    """Seconds without a sign of life of its process after which a task runs again, or is marked
    lost if it must not."""

    resend_s: Annotated[float, Field(ge=0.5)] = 10.0
    """Seconds after which a task that was handed over and is not started is handed over again, if
    nothing else waits: who had it is gone. While up to 100 others do, 10 minutes later."""

    retry_wait_s: Annotated[float, Field(ge=0)] = 1.0
    """Seconds until a task that raised runs again, half of it at random; doubled each time."""

    retry_max_wait_s: Annotated[float, Field(ge=0)] = 300.0
    """The most seconds until it does."""


class InProcessSettings(TaskSettings):
    """A bounded queue in each process."""

    queue_size: Annotated[int, Field(ge=1)] = 1000
    """Tasks waiting per process; past that none is taken."""

    enqueue_wait_s: Annotated[float, Field(ge=0)] = 0.0
    """Seconds to wait for room in a full queue; then the request is answered 503."""

    runners: Annotated[int, Field(ge=0, le=64)] = 4
    """Tasks running at once per process; 0 if other processes run them."""

    time_limit_s: Annotated[float, Field(gt=0)] = 300.0
    """Seconds after which a task is interrupted: an error, after which it may run again."""

    drain_s: Annotated[float, Field(ge=0)] = 10.0
    """Seconds that tasks get to finish when the process stops; others run at the next start."""


class CelerySettings(TaskSettings):
    """The broker, and how workers treat a task."""

    broker_url: Annotated[SecretStr, AfterValidator(_is_broker_url)] = SecretStr(
        "redis://127.0.0.1:6379/1"
    )
    """redis://[[user]:password@]host:port/number; must not evict keys."""

    publish_timeout_s: Annotated[float, Field(gt=0)] = 2.0
    """Seconds to hand a task to the broker; one that cannot be waits in the database."""

    ping_timeout_s: Annotated[float, Field(gt=0)] = 0.2
    """Seconds the broker has to answer `/readyz`, which load balancers ask often."""

    soft_time_limit_s: Annotated[int, Field(ge=1)] = 240
    """Seconds after which a task is interrupted: an error, after which it may run again."""

    time_limit_s: Annotated[int, Field(ge=1)] = 300
    """Seconds after which its process is killed, if it goes on."""

    worker_processes: Annotated[int, Field(ge=1, le=256)] = 2
    """Processes of one worker; each has its own pools."""

    @model_validator(mode="after")
    def _has_consistent_limits(self) -> Self:
        if self.soft_time_limit_s >= self.time_limit_s:
            raise ValueError(
                f"soft_time_limit_s ({self.soft_time_limit_s}) must be below time_limit_s "
                f"({self.time_limit_s}): a task is cancelled before its process is killed"
            )
        return self
