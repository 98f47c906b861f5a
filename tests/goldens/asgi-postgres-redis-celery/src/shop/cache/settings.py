"""What can be set about the cache and its Redis pool."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from .tier_settings import Seconds, TierSettings

_LEADS_TO_REDIS = re.compile(r"rediss?://[^/?#]*(/[0-9]*)?|unix://[^?#]+([?]db=[0-9]+)?")
_ALLOWED = (
    "must be redis://[[user]:password@]host:port/number, the same with rediss://, "
    "or unix://path[?db=number], and nothing more"
)


def _leads_to_redis(url: SecretStr) -> SecretStr:
    given = url.get_secret_value()
    if not _LEADS_TO_REDIS.fullmatch(given) or not _has_port(given):
        raise ValueError(_ALLOWED)
    return url


def _has_port(url: str) -> bool:
    """Tell whether the port is a number, or none."""
    try:
        return urlsplit(url).port != 0
    except ValueError:  # its message may show the password
        return False


class CacheSettings(TierSettings):
    """A table in each process, and Redis, which all of them share and which tells of changes."""

    url: Annotated[SecretStr, AfterValidator(_leads_to_redis)] = SecretStr(
        "redis://127.0.0.1:6379/0"
    )
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
