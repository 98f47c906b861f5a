"""One request: read on the event loop, answered in a thread."""

import logging
from collections.abc import Callable
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any

from hotpath.wsgi.middleware import SEND_BUFFERED
from hotpath.wsgi.server.environ import target_environ
from hotpath.wsgi.server.request_body import StreamedBody
from hotpath.wsgi.server.response import Answer, ClientGoneError, Header, WrongLengthError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from hotpath.wsgi.server.protocol import ThreadedProtocol


_FAILED = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 21\r\nconnection: close\r\n\r\nInternal Server Error"
)


class Exchange:
    """A request, and how far its answer is. `run` is for a thread, the rest for the event loop."""

    __slots__ = (
        "_answer",
        "_connection",
        "_head",
        "_pieces",
        "_streamed",
        "_target",
        "is_answered",
        "is_last",
        "is_left",
        "is_ready",
        "is_whole",
    )

    def __init__(
        self,
        connection: "ThreadedProtocol",
        head: "WSGIEnvironment",
        target: bytes,
        *,
        is_last: bool,
    ) -> None:
        self._connection = connection
        self._head = head
        self._target = target
        self._answer: Answer | None = None
        self._pieces: list[bytes] = []
        self._streamed: StreamedBody | None = None
        self.is_last = is_last
        """Whether the connection ends with it."""
        self.is_whole = False
        """Whether the last byte of its body came."""
        self.is_ready = False
        """Whether a thread may take it."""
        self.is_answered = False
        """Whether the last of its answer is on its way."""
        self.is_left = False
        """Whether the client is gone."""

    def feed(self, piece: bytes) -> int:
        """Add a piece of the body; return how many bytes wait to be read."""
        if self._streamed is not None:
            return self._streamed.feed(piece)
        self._pieces.append(piece)
        return sum(map(len, self._pieces))

    def end(self) -> None:
        """Say that nothing more of the body will come."""
        if self._streamed is not None:
            self._streamed.end()
        self.is_whole = self.is_ready = True

    def stream(self, stall_s: float) -> None:
        """Let a thread read the body while it comes in, and wait `stall_s` for each piece."""
        if self._streamed is None:
            body = b"".join(self._pieces)
            self._streamed = StreamedBody(body, stall_s, self._connection.ask_for_more)
            self.is_ready = True

    def awaited(self) -> tuple[int, bool]:
        """Return how many bytes the client announced, and if it waits until it may send them."""
        is_waiting = self._head.get("HTTP_EXPECT", "").lower() == "100-continue"
        length = int(self._head.get("CONTENT_LENGTH", 0))
        return length, is_waiting and not self.is_begun and not self.is_old

    @property
    def is_head(self) -> bool:
        """Whether only the head of its answer is asked for."""
        return bool(self._head["REQUEST_METHOD"] == "HEAD")

    @property
    def is_old(self) -> bool:
        """Whether the client speaks HTTP/1.0."""
        return bool(self._head["SERVER_PROTOCOL"] == "HTTP/1.0")

    @property
    def is_begun(self) -> bool:
        """Whether anything of the body came."""
        return bool(self._pieces) or self._streamed is not None

    def leave(self) -> None:
        """Take note that the client is gone; wakes the thread that waits for it."""
        self.is_left = True
        self.end()
        with self._connection.room:
            self._connection.room.notify()

    def cancel(self, msg: object = None) -> None:
        """End it, as uvicorn does at the end of `shutdown_s`."""
        del msg
        self._connection.transport.abort()
        self.leave()

    def run(self) -> None:
        """Answer the request."""
        connection = self._connection
        environ = self._environ()
        ready: list[tuple[bytes, bytes]] = []
        environ[SEND_BUFFERED] = ready.append  # not a method: frameworks keep environments for long
        try:
            pieces = connection.answering.app(environ, self._start)
            try:
                if ready:
                    lines, body = ready[-1]
                    self.finish(self.opening(lines) + body)
                else:
                    self._begun().send(pieces)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except ClientGoneError:
            self._end(connection.abort, b"")
        except BaseException as error:  # also `sys.exit()`: the thread is not the application's
            is_begun = self._answer is not None and self._answer.is_begun
            # The layer has logged, with its request, what the application raised on the way.
            if not is_begun or isinstance(error, WrongLengthError):
                logging.getLogger(__name__).exception("request failed")
            self._end(connection.cut, b"" if is_begun else _FAILED)

    def opening(self, lines: bytes) -> bytes:
        """Return the head of the answer: what is given, and what only the server knows."""
        closing = b"connection: close\r\n" if self.is_last else b""
        return b"%b%b%b\r\n" % (lines, self._connection.date_line(), closing)

    def finish(self, data: bytes) -> None:
        """Have the last piece of the answer sent."""
        self._end(self._connection.finish, data)

    def _end(self, how: "Callable[[Exchange, bytes], None]", data: bytes) -> None:
        if not self.is_answered:
            self.is_answered = True
            self._connection.answering.outbox.call(how, self, data)

    def _start(
        self, status: str, headers: list[Header], error: Any = None
    ) -> Callable[[bytes], object]:
        return self._begun().start(status, headers, error)

    def _begun(self) -> Answer:
        if self._answer is None:
            self._answer = Answer(self._connection, self)
        return self._answer

    def _environ(self) -> "WSGIEnvironment":
        environ = target_environ(self._head, self._target)
        streamed = self._streamed
        environ["wsgi.input"] = (
            BytesIO(b"".join(self._pieces)) if streamed is None else BufferedReader(streamed)
        )
        return environ
