"""What can be set about the cache and its Redis pool."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _speaks_redis(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return url


class CacheSettings(BaseModel, extra="forbid"):
    """Redis, shared by all processes."""

    url: Annotated[SecretStr, AfterValidator(_speaks_redis)] = SecretStr("redis://127.0.0.1:6379/0")
    """redis://[[user]:password@]host:port/number; may be evicted, so not the broker's database."""

    ttl_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds an answer is kept."""

    absent_ttl_s: Annotated[float, Field(gt=0)] = 5.0
    """Seconds the absence of a row is kept; shorter, since it is cheap to ask again."""

    max_connections: Annotated[int, Field(ge=1)] = 20
    """Connections per process; a caller past that waits `timeout_s`."""

    connect_timeout_s: Annotated[float, Field(gt=0)] = 0.2
    """Seconds to open a connection; a cache slower than the database is no cache."""

    timeout_s: Annotated[float, Field(gt=0)] = 0.2
    """Seconds for one command; past it the answer comes from the database."""

    health_check_s: Annotated[int, Field(ge=0)] = 15
    """Seconds a connection may idle before it is tested on its next use."""
