"""Settings of the cache: its tiers, lifetimes and sizes."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from hotpath.settings.urls import parse_redis_url

Seconds = Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)]
"""Up to a year."""


def _is_redis_url(url: SecretStr) -> SecretStr:
    parse_redis_url(url.get_secret_value(), ("redis", "rediss", "unix"))
    return url


class CacheSettings(BaseModel, extra="forbid", defer_build=True):
    """Lifetimes, sizes and waits of every tier."""

    ttl_s: Seconds = 60.0
    """Seconds a value lives if its reader does not say, less `ttl_jitter`."""

    absent_ttl_s: Seconds = 5.0
    """Seconds the absence of a value lives; shorter, since it is cheap to ask again."""

    ttl_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of a lifetime that is random, so that what was loaded together expires apart."""

    l1_ttl_s: Seconds
    """Seconds a value lives in this process at most."""

    l1_max_entries: Annotated[int, Field(ge=1)] = 10_000
    """Values kept in a process; past that those that expire soonest are evicted."""

    l1_max_bytes: Annotated[int, Field(ge=4096)] = 33_554_432
    """Bytes of memory for them, 32 MiB; entries are weighed with their overhead."""

    max_value_bytes: Annotated[int, Field(ge=1)] = 262_144
    """Bytes, 256 KiB: a larger value is cached nowhere, and counted."""

    lease_s: Seconds = 5.0
    """Seconds one caller may load while others wait; above the slowest load, or it is repeated."""

    refreshes: Annotated[int, Field(ge=1)] = 4
    """Stale values that a process refreshes at once, in the background."""

    use_table: bool = False
    """Whether values are cached in the database too (L3): for those dearer than a lookup there."""


class MemoryCacheSettings(CacheSettings):
    """A cache in each process; processes do not tell each other of an invalidation."""

    l1_ttl_s: Seconds = 1.0
    """Seconds a value lives in a process; with several, also how old another's may be."""


class RedisCacheSettings(CacheSettings):
    """A cache in each process, and Redis, which all share and which publishes invalidations."""

    url: Annotated[SecretStr, AfterValidator(_is_redis_url)] = SecretStr("redis://127.0.0.1:6379/0")
    """redis://[[user]:password@]host:port/number; may be evicted, so not the broker's database."""

    l1_ttl_s: Seconds = 30.0
    """Seconds a value lives in a process, while Redis publishes invalidations to it."""

    l1_ttl_disconnected_s: Seconds = 1.0
    """The same while it does not; also how old another process's value may be then."""

    max_connections: Annotated[int, Field(ge=1)] = 20
    """Per process, besides one that subscribes; after `timeout_s` without one Redis is skipped."""

    connect_timeout_s: Seconds = 0.2
    """Seconds to open a connection; a cache slower than the database is no cache."""

    timeout_s: Seconds = 0.2
    """Seconds for one command; past it Redis is not used until it answers again."""

    direct_commands: bool = True
    """Send commands past redis-py's pipelines; false uses these, with whatever instruments them, at
    10 µs more a command."""

    heartbeat_s: Seconds = 0.5
    """Seconds between two checks whether Redis still publishes, or is there again."""

    health_check_s: Annotated[int, Field(ge=0)] = 15
    """Seconds a connection may idle before it is tested on its next use."""
