"""What runs now, a request or a task: its id, where its time went, and its trace."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotpath.observability.tracing import Trace


class Waits:
    """Where the time of a request went, other than into its own code."""

    __slots__ = ("cache_s", "database_s", "outbound_s")

    def __init__(self) -> None:
        self.database_s = 0.0
        """Seconds that it waited for connections and statements of the database."""
        self.cache_s = 0.0
        """Seconds that it waited for a cache outside of the process."""
        self.outbound_s = 0.0
        """Seconds that it waited for other services."""


class RequestContext:
    """A request, or a traced task, while it is handled."""

    __slots__ = ("request_id", "trace", "waits")

    def __init__(self, request_id: str | None = None) -> None:
        self.request_id = request_id
        """In every line that is logged meanwhile; None for a task."""
        self.waits: Waits | None = None
        """What it waited for; None if it did not."""
        self.trace: Trace | None = None
        """Its trace; None while tracing is off."""

    def waiting(self) -> Waits:
        """Return its waits, to add one. Cost: 0.1 µs, the first time 0.2 µs."""
        if self.waits is None:
            self.waits = Waits()
        return self.waits


REQUEST: ContextVar[RequestContext] = ContextVar("request")
"""Set while a request or a traced task is handled."""
