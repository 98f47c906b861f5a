"""Settings of the HTTP server."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from hotpath.settings.rate_limit import Limit, parse_limits

_is_path = re.compile(r"(?:/[A-Za-z0-9._~-]+)+", re.ASCII).fullmatch
_is_origin = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII
).fullmatch
_MAX_PORT = 65_535
_DEFAULT_PORT_BY_SCHEME = {"http": 80, "https": 443}
_UNIX = "unix"
"""Among `trusted_proxies`: whoever connects by the Unix socket."""


class ServerSettings(BaseModel, extra="forbid", defer_build=True):
    """Where the service listens, with how many processes, and how it stops."""

    host: str = "127.0.0.1"
    """Address to listen on. 0.0.0.0 is all of IPv4; :: is all of both, as is nothing at all; a name
    is its first IPv4 address, or its first of IPv6."""

    port: int = Field(8000, ge=0, le=_MAX_PORT)
    """TCP port; 0 takes a free one."""

    uds: str = ""
    """Path of a Unix socket to listen on, instead of host and port. Whoever may enter its folder
    may connect."""

    workers: int = Field(1, ge=1, le=256)
    """Processes, one per core as a start. Each has its own pools."""

    hot_routes: bool = True
    """Whether simple requests to hot routes are answered before the framework's router."""

    max_body_bytes: int = Field(262_144, ge=1)
    """Bytes of a request body, more is 413; the longest post, fully escaped, has 242,500."""

    max_bulk_body_bytes: int = Field(8_388_608, ge=1)
    """The same for routes that take many rows: 10,000 of 838 bytes; a user has about 100."""

    keep_alive_s: int = Field(30, ge=1)
    """Seconds an idle connection stays open; longer than the load balancer's reuse gap."""

    max_head_bytes: int = Field(32_768, ge=1024)
    """Bytes of a request line and headers; more is 431."""

    max_headers: int = Field(100, ge=10)
    """Headers of a request; more is 431."""

    head_timeout_s: float = Field(10.0, gt=0)
    """Seconds for the request line and headers of a request to come in; more is 408."""

    body_timeout_s: float = Field(30.0, gt=0)
    """Seconds without a byte of a body that is to come, 408. A body that takes longer must have
    come at `min_body_rate`."""

    min_body_rate: int = Field(500, ge=0)
    """Bytes a second, on average, that a body must come at after `body_timeout_s`; less is 408."""

    request_timeout_s: float = Field(10.0, gt=0)
    """Seconds from the last byte of a request to the first of its response; more is 504, and what
    handles it is cancelled. A client asks for less by `X-Request-Timeout`. `inf` for no limit."""

    max_wait_s: float = Field(0.2, ge=0)
    """Seconds that requests may wait for the event loop or a thread before new ones are answered
    503 at once, so that the others are served in time; who has waited twice as long is too. With 0
    all that comes is handled at once, and nothing is refused. Of uvicorn."""

    stream_stall_s: float = Field(30.0, gt=0)
    """Seconds until a client that reads nothing of its response is dropped; it holds a
    connection."""

    drain_s: float = Field(0.0, ge=0, le=300)
    """Seconds /readyz answers 503 before the listener closes; the balancer's check interval."""

    shutdown_s: int = Field(20, ge=1, le=600)
    """Seconds that requests in flight get to finish after SIGTERM; then they are cut, or 503."""

    worker_timeout_s: float = Field(60.0, ge=0)
    """Seconds after which a worker process whose event loop stands still is replaced; 0 for never.
    One that starts has all the time. Of uvicorn with several workers."""

    kind: str
    """The HTTP server."""

    threads: int
    """Threads per process."""

    trusted_proxies: str = ""
    """Addresses and networks of proxies whose X-Forwarded-For says who the client is, and whose
    X-Forwarded-Proto whether it came by https, with commas between them, such as
    `10.0.0.0/8,192.168.1.7`; `unix` is whoever connects by `uds`. Empty for none."""

    root_path: str = ""
    """Path under which a proxy has the service, such as `/shop`; empty for its root. The proxy may
    take it off a request's path or leave it there: no route of the service may start with it."""

    cors_origins: str = ""
    """Origins whose pages may read responses, with commas between them, such as
    `https://shop.example.com,http://localhost:5173`; `*` for all, empty for none but its own."""

    cors_credentials: bool = False
    """Whether these pages may send cookies and the like along; not with `*`."""

    docs: bool = True
    """Whether /docs and /openapi.json are there: they tell what routes there are, and no data."""

    rate_limit: str = ""
    """Requests of a client, such as `100/minute`, or `10/second;1000/hour` for both; more are 429.
    Empty for no limit. Processes count together where they share a cache in Redis, else each for
    itself."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """`rate_limit` as limits, those of the shortest window first."""
        return parse_limits(self.rate_limit)

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`trusted_proxies` as networks."""
        return _networks(self.trusted_proxies)

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """`cors_origins`, each once."""
        return tuple(dict.fromkeys(_listed(self.cors_origins)))

    @property
    def is_unix_trusted(self) -> bool:
        """Whether `trusted_proxies` names the Unix socket."""
        return _UNIX in _listed(self.trusted_proxies)

    @field_validator("trusted_proxies")
    @classmethod
    def _require_networks(cls, text: str) -> str:
        _networks(text)
        return text

    @field_validator("root_path")
    @classmethod
    def _require_path(cls, text: str) -> str:
        path = text.rstrip("/")
        if path and not _is_path(path):
            raise ValueError(f"{text!r} is no path, such as /shop or /shop/v1")
        return path

    @field_validator("cors_origins")
    @classmethod
    def _require_origins(cls, text: str) -> str:
        origins = _listed(text)
        for each in origins:
            if each != "*" and not _is_sent(each):
                raise ValueError(
                    f"{each!r} is no origin as browsers send it, scheme, host and port alone, "
                    "without the usual port, such as https://a.example or http://localhost:5173"
                )
        if "*" in origins and len(origins) > 1:
            raise ValueError("`*` is all origins: name it alone, or the origins without it")
        return text

    @field_validator("cors_credentials")
    @classmethod
    def _require_known_origins(cls, is_allowed: bool, info: ValidationInfo) -> bool:
        if is_allowed and "*" in _listed(info.data.get("cors_origins", "")):
            raise ValueError("not with `*` in cors_origins, which browsers refuse: name origins")
        return is_allowed

    @field_validator("rate_limit")
    @classmethod
    def _require_limits(cls, text: str) -> str:
        parse_limits(text)
        return text


class AsgiServerSettings(ServerSettings):
    """An ASGI server: an event loop per process."""

    kind: Literal["uvicorn", "granian"] = "uvicorn"
    """uvicorn answers hot routes as soon as they are parsed; granian speaks HTTP in Rust."""

    threads: int = Field(16, ge=1, le=512)
    """Threads per process, for blocking calls."""

    forbid_blocking: bool = False
    """Whether a call that would block the event loop raises `BlockingCall`, for development; tests
    set it."""


class WsgiServerSettings(ServerSettings):
    """A WSGI server: a pool of threads per process."""

    kind: Literal["uvicorn", "gunicorn"] = "uvicorn"
    """uvicorn reads requests on an event loop and answers them in threads: several times as many as
    gunicorn, and a thread waits for no small body."""

    threads: int = Field(64, ge=1, le=512)
    """Threads per process, for handlers. Those that wait at the same time share round trips: with
    64 a lookup costs a quarter less than with 16, for 5 MB."""


def _listed(text: str) -> list[str]:
    return [each for each in map(str.strip, text.split(",")) if each]


def _is_sent(origin: str) -> bool:
    """Tell whether a browser may send this as the origin of a page."""
    if not _is_origin(origin):
        return False
    scheme, _, host = origin.partition("://")
    digits = host.rpartition("]")[2].partition(":")[2]
    port = int(digits or 1)
    return port <= _MAX_PORT and port != _DEFAULT_PORT_BY_SCHEME.get(scheme)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for each in _listed(text):
        if each == _UNIX:
            continue
        try:
            networks.append(ip_network(each))
        except ValueError:
            raise ValueError(
                f"{each!r} is neither an address nor a network, such as 10.0.0.0/8, nor {_UNIX}"
            ) from None
    return tuple(networks)
