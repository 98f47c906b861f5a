"""What can be set about the cache and its Redis pool."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from .tier_settings import Seconds, TierSettings


def _speaks_redis(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return url


class CacheSettings(TierSettings):
    """A table in each process, and Redis, which all of them share and which tells of changes."""

    url: Annotated[SecretStr, AfterValidator(_speaks_redis)] = SecretStr("redis://127.0.0.1:6379/0")
    """redis://[[user]:password@]host:port/number; may be evicted, so not the broker's database."""

    near_ttl_s: Seconds = 30.0
    """Seconds an answer lives in a process, while Redis tells it of changes."""

    blind_ttl_s: Seconds = 1.0
    """The same while it does not; also how old another process's answer may be then."""

    max_connections: Annotated[int, Field(ge=1)] = 20
    """Per process, besides one that listens; who waits for one `timeout_s` goes without Redis."""

    connect_timeout_s: Seconds = 0.2
    """Seconds to open a connection; a cache slower than the database is no cache."""

    timeout_s: Seconds = 0.2
    """Seconds for one command; past it Redis is left alone until it answers again."""

    heartbeat_s: Seconds = 0.5
    """Seconds between two looks whether Redis still tells of changes, or is there again."""

    health_check_s: Annotated[int, Field(ge=0)] = 15
    """Seconds a connection may idle before it is tested on its next use."""
