"""How many calls a process has at once; each that waits in WSGI keeps a thread from requests."""

from dataclasses import dataclass

from hotpath.settings import ServiceSettings, WsgiServerSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of calls."""

    connections: int
    """To all dependencies."""
    per_dependency: int
    """To one of them."""
    waiting: int
    """That wait for their turn; one more is refused at once."""


def limits_of(settings: ServiceSettings) -> Limits:
    """Return the limits of a process: in WSGI half of its threads can call, and an eighth wait."""
    wanted = settings.http_client
    limits = Limits(wanted.max_connections, wanted.max_per_dependency, wanted.max_waiting)
    if not isinstance(settings.server, WsgiServerSettings):
        return limits
    threads = settings.server.threads
    return Limits(
        min(limits.connections, max(threads // 2, 1)),
        min(limits.per_dependency, max(threads // 2, 1)),
        min(limits.waiting, threads // 8),
    )
