"""What runs now, a request or a task: its id, where its time went, and its trace."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotpath.observability.tracing import Trace


class RequestContext:
    """Filled by the layers below a request as they spend its time."""

    __slots__ = ("cache_s", "database_s", "outbound_s", "request_id", "trace", "trace_id")

    def __init__(self, request_id: str | None = None) -> None:
        self.request_id = request_id
        """In every line that is logged meanwhile; None for a task."""
        self.database_s = 0.0
        """Seconds that it waited for connections and statements of the database."""
        self.cache_s = 0.0
        """Seconds that it waited for a cache outside of the process."""
        self.outbound_s = 0.0
        """Seconds that it waited for other services."""
        self.trace: Trace | None = None
        """Its trace; None while tracing is off."""
        self.trace_id = ""
        """Of a trace that is recorded; empty while none is."""


REQUEST: ContextVar[RequestContext] = ContextVar("request")
"""Set while a request or a traced task is handled."""
