"""One request: read on the event loop, answered in a thread."""

import logging
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING

from .answer import Answer, ClientGoneError
from .environ import add_headers, add_target
from .request_body import StreamedBody

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .threaded_protocol import ThreadedProtocol

_FAILED = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 21\r\nconnection: close\r\n\r\nInternal Server Error"
)


class Exchange:
    """A request, and how far its answer is. `run` is for a thread, the rest for the event loop."""

    __slots__ = (
        "_connection",
        "_head",
        "_pieces",
        "_streamed",
        "is_answered",
        "is_last",
        "is_left",
        "is_ready",
        "is_whole",
    )

    def __init__(
        self,
        connection: "ThreadedProtocol",
        head: tuple[bytes, bytes, list[tuple[bytes, bytes]], str],
        *,
        is_last: bool,
    ) -> None:
        self._connection = connection
        self._head = head
        self._pieces: list[bytes] = []
        self._streamed: StreamedBody | None = None
        self.is_last = is_last
        """Whether the connection ends with it."""
        self.is_whole = False
        """Whether the last byte of its body came."""
        self.is_ready = False
        """Whether a thread may take it."""
        self.is_answered = False
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
        length, is_waiting = 0, False
        for name, value in self._head[2]:
            lowered = name.lower()
            if lowered == b"content-length":
                length = int(value)
            elif lowered == b"expect":
                is_waiting = value.lower() == b"100-continue" and not self.is_begun
        return length, is_waiting and self._head[3] != "1.0"

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
        connection, outbox = self._connection, self._connection.answering.outbox
        method, _, _, version = self._head
        answer = Answer(connection, self, is_head=method == b"HEAD", is_old=version == "1.0")
        try:
            pieces = connection.answering.app(self._environ(), answer.start)
            try:
                answer.send(pieces)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except ClientGoneError:
            outbox.call(connection.abort, self)
        except Exception:
            if answer.is_begun:  # the layer has logged it, with its request
                outbox.call(connection.cut, self, b"")
            else:
                logging.getLogger(__name__).exception("request failed")
                outbox.call(connection.cut, self, _FAILED)

    def _environ(self) -> "WSGIEnvironment":
        method, target, headers, version = self._head
        environ = self._connection.environ.copy()
        environ["REQUEST_METHOD"] = method.decode("ascii")
        environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        streamed = self._streamed
        environ["wsgi.input"] = (
            BytesIO(b"".join(self._pieces)) if streamed is None else BufferedReader(streamed)
        )
        add_target(environ, target)
        add_headers(environ, headers)
        return environ
