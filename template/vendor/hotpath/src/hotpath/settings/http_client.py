"""Settings of the client for other services: their URLs, its limits and timeouts."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from hotpath.settings.urls import has_valid_address

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
"""Up to a day."""

_URL = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
_ALLOWED = (
    "must be http://host[:port][/path] or the same with https://, without credentials, "
    "? and #; credentials are headers of a call"
)


def _is_base_url(url: str) -> str:
    if not _URL.fullmatch(url) or not has_valid_address(url) or not urlsplit(url).hostname:
        raise ValueError(_ALLOWED)
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_is_base_url)]
"""What the paths of calls are added to."""


class HttpClientSettings(BaseModel, extra="forbid", defer_build=True):
    """Which other services this one calls, and how long it waits for them."""

    urls: dict[str, BaseUrl] = {}
    """Base URLs of dependencies by name, such as `HTTP_CLIENT__URLS__AVATARS=https://…`."""

    max_connections: Annotated[int, Field(ge=1)] = 100
    """Connections per process, to all dependencies together; in WSGI at most half its threads."""

    max_per_dependency: Annotated[int, Field(ge=1)] = 30
    """Calls to one dependency at once, so that one that hangs cannot take all; WSGI as above."""

    max_waiting: Annotated[int, Field(ge=0)] = 100
    """Calls to one dependency that wait for their turn, more get 503; in WSGI at most an eighth of
    the threads."""

    pool_wait_s: Seconds = 0.5
    """Seconds that a call waits for its turn before the request is answered 503."""

    keep_alive_s: Seconds = 30.0
    """Seconds that an idle connection stays open; below what the other side allows."""

    connect_timeout_s: Seconds = 3.0
    """Seconds to open a connection."""

    read_timeout_s: Seconds = 5.0
    """Seconds between two pieces of a response."""

    timeout_s: Seconds = 30.0
    """Seconds for a call, its retries and its whole response; less if its request has less left."""

    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Times that an idempotent call is tried; 1 for no retries."""

    retry_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Retries per call over ten seconds at most, so that they do not bury a service that is ill."""

    breaker_failures: Annotated[int, Field(ge=1)] = 5
    """Failures in a row after which a dependency is not called for a while."""

    breaker_open_s: Seconds = 5.0
    """Seconds of that while; then one call tries it."""

    max_response_bytes: Annotated[int, Field(ge=1)] = 10_485_760
    """Bytes, 10 MiB: a larger response is an error, unless it is streamed."""
