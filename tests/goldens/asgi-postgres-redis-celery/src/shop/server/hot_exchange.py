"""One hot request on one connection, and its answer as it goes out."""

from asyncio import Event, Task

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..observability.layer import Call, Whole
from ..observability.request import Observation


class HotExchange:
    """Stands where uvicorn's protocol has a cycle, as far as it asks for one."""

    __slots__ = ("body", "call", "disconnected", "keep_alive", "response_complete", "seen", "task")

    message_event = Event()  # uvicorn tells a cycle what happens; nobody waits for it here

    def __init__(self, call: Call, seen: Observation, *, keep_alive: bool) -> None:
        self.call = call
        self.seen = seen
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.task: Task[None] | None = None

    def render(self, answer: Whole, date: bytes) -> bytes:
        """Return an answer as it goes out; the time it tells is that of its first byte.

        Raises:
            ValueError: a header would end its line, and begin something else.
        """
        seen = self.seen
        seen.status = answer.status_code
        elapsed = seen.elapsed_s()
        own = [b"%b: %b\r\n" % header for header in answer.raw_headers]
        times = elapsed, elapsed * 1000
        observed = b"x-request-id: %b\r\n" % seen.request_id.encode()
        timed = b"x-process-time: %.6f\r\nserver-timing: app;dur=%.3f\r\n" % times
        headers = b"".join(own)
        if headers.count(b"\n") != len(own):
            raise ValueError(f"a header of {seen.path} has a line break")
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        status = STATUS_LINE[answer.status_code]
        return b"".join((status, date, headers, observed, timed, end, answer.body))
