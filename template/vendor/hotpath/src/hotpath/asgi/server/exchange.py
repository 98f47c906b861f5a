"""A request to a hot route on one connection, and its response as it is sent."""

from asyncio import Event, Task
from http import HTTPStatus
from time import perf_counter

from hotpath.asgi.messages import BufferedBody, EndpointCall
from hotpath.observability.requests import RequestRecord, timing_of

_RESPONSE = (
    b"%b%b%bx-request-id: %b\r\nx-process-time: %.6f\r\nserver-timing: app;dur=%.3f%b\r\n%b%b"
)
_END = b"\r\n"
_END_AND_CLOSE = b"connection: close\r\n\r\n"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_STATUS_LINES = {
    code: f"HTTP/1.1 {code} {_PHRASES.get(code, '')}\r\n".encode() for code in range(100, 600)
}


class HotExchange:
    """What uvicorn's protocol has as its `cycle`, with the attributes that it uses."""

    __slots__ = (
        "body",
        "call",
        "disconnected",
        "keep_alive",
        "record",
        "response_complete",
        "task",
    )

    message_event = Event()  # uvicorn sets it; nothing waits for it here

    def __init__(self, call: EndpointCall, record: RequestRecord, *, keep_alive: bool) -> None:
        self.call = call
        self.record = record
        self.body: bytes | bytearray = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.task: Task[None] | None = None

    def add(self, piece: bytes) -> None:
        """Add a piece of the body. Cost: that of the piece, however many come."""
        if not self.body:
            self.body = piece
            return
        if isinstance(self.body, bytes):
            self.body = bytearray(self.body)
        self.body += piece

    def render(self, response: BufferedBody, default_headers: bytes) -> bytes:
        """Return a response as it is sent; its time is that of its first byte.

        Raises:
            ValueError: a header has a line break in it, which would start another header.
        """
        record = self.record
        record.status = response.status_code
        lines = response.lines
        elapsed = perf_counter() - record.started
        return _RESPONSE % (
            _STATUS_LINES[response.status_code],
            default_headers,
            lines,
            record.request_id.encode(),
            elapsed,
            elapsed * 1000,
            b"" if record.waits is None else timing_of(record.waits),
            _END if self.keep_alive else _END_AND_CLOSE,
            response.body,
        )
