"""One hot request on one connection, and its answer as it goes out."""

from asyncio import Event, Task
from time import perf_counter

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from hotpath.asgi.middleware import BufferedBody, Call
from hotpath.observability.requests import RequestRecord

_FORM = b"%b%b%bx-request-id: %b\r\nx-process-time: %.6f\r\nserver-timing: app;dur=%.3f\r\n%b%b"
_END = b"\r\n"
_LAST = b"connection: close\r\n\r\n"


class HotExchange:
    """Stands where uvicorn's protocol has a cycle, as far as it asks for one."""

    __slots__ = ("body", "call", "disconnected", "keep_alive", "response_complete", "seen", "task")

    message_event = Event()  # uvicorn tells a cycle what happens; nobody waits for it here

    def __init__(self, call: Call, seen: RequestRecord, *, keep_alive: bool) -> None:
        self.call = call
        self.seen = seen
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.task: Task[None] | None = None

    def render(self, answer: BufferedBody, date: bytes) -> bytes:
        """Return an answer as it goes out; the time it tells is that of its first byte.

        Raises:
            ValueError: a header would end its line, and begin something else.
        """
        seen = self.seen
        seen.status = answer.status_code
        lines = answer.lines
        elapsed = perf_counter() - seen.started
        return _FORM % (
            STATUS_LINE[answer.status_code],
            date,
            lines,
            seen.request_id.encode(),
            elapsed,
            elapsed * 1000,
            _END if self.keep_alive else _LAST,
            answer.body,
        )
