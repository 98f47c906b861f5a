"""A request and its response: received on the event loop, handled in a thread."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from io import BufferedReader, BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any

from hotpath.http.deadlines import timeout_of
from hotpath.wsgi.middleware import SEND_BUFFERED, TIMEOUT, TOLD
from hotpath.wsgi.server.environ import target_environ
from hotpath.wsgi.server.request_body import StreamedBody
from hotpath.wsgi.server.response import ClientGoneError, Header, ResponseWriter, WrongLengthError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol


_FAILED = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 21\r\nconnection: close\r\n\r\nInternal Server Error"
)


class Exchange:
    """One request and its state. A thread calls `run`, the event loop calls the rest."""

    __slots__ = (
        "_connection",
        "_head",
        "_pieces",
        "_streamed",
        "_told",
        "_writer",
        "is_complete",
        "is_disconnected",
        "is_last",
        "is_ready",
        "is_responded",
        "received",
        "target",
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
        self.target = target
        self._writer: ResponseWriter | None = None
        self._pieces: list[bytes] = []
        self.received = 0
        """Bytes of the body that were received before a thread reads it."""
        self._streamed: StreamedBody | None = None
        self._told: list[HTTPStatus] = []
        self.is_last = is_last
        """Whether the connection is closed after it."""
        self.is_complete = False
        """Whether its body was received completely."""
        self.is_ready = False
        """Whether a thread may run it."""
        self.is_responded = False
        """Whether the last piece of its response was passed to the event loop."""
        self.is_disconnected = False
        """Whether the client has disconnected."""

    def feed(self, piece: bytes) -> int:
        """Add a received piece of the body; return how many bytes wait to be read."""
        if self._streamed is not None:
            return self._streamed.feed(piece)
        self._pieces.append(piece)
        self.received += len(piece)
        return self.received

    def end(self) -> None:
        """Mark the end of the body."""
        if self._streamed is not None:
            self._streamed.end()
        self.is_complete = self.is_ready = True

    def stream(self, timeout_s: float, min_rate: int) -> None:
        """Let a thread read the body while it is received, see `StreamedBody`."""
        if self._streamed is None:
            body = b"".join(self._pieces)
            more = self._connection.receive_more
            self._streamed = StreamedBody(body, timeout_s, min_rate, more)
            self.is_ready = True

    def break_body(self) -> None:
        """Let reading the body fail: its rest cannot be parsed, or does not come."""
        self.stream(0, 0)
        if self._streamed is not None:
            self._streamed.fail()
        self.is_complete = True

    def expected_body(self) -> tuple[int, bool]:
        """Return the content-length, and whether the client waits for `100 Continue`."""
        is_waiting = self._head.get("HTTP_EXPECT", "").lower() == "100-continue"
        length = int(self._head.get("CONTENT_LENGTH", 0))
        return length, is_waiting and not self._has_body_data and not self.is_http_1_0

    @property
    def is_started(self) -> bool:
        """Whether a piece of the response was sent."""
        return self.is_responded or (self._writer is not None and self._writer.is_started)

    def timeout_s(self, most_s: float) -> float:
        """Return how long the request may take.

        Raises:
            InvalidTimeout: the client's wish is no number; the application tells it so.
        """
        path = self.target.decode("latin-1")
        return timeout_of(path, self._head.get(TIMEOUT), most_s)

    @property
    def origin(self) -> bytes:
        """The origin whose page sent the request, if it says so."""
        return str(self._head.get("HTTP_ORIGIN", "")).encode("latin-1")

    @property
    def is_head(self) -> bool:
        """Whether the response has no body."""
        return bool(self._head["REQUEST_METHOD"] == "HEAD")

    @property
    def is_http_1_0(self) -> bool:
        """Whether the client uses HTTP/1.0."""
        return bool(self._head["SERVER_PROTOCOL"] == "HTTP/1.0")

    @property
    def _has_body_data(self) -> bool:
        """Whether any piece of the body was received."""
        return bool(self._pieces) or self._streamed is not None

    def note(self, status: HTTPStatus) -> None:
        """Note that the client was told this, whatever the application responds."""
        self._told.append(status)

    def disconnect(self) -> None:
        """Mark the client as disconnected; wakes the thread that waits for it."""
        self.is_disconnected = True
        if not self.is_complete:
            self.break_body()
        with self._connection.writable:
            self._connection.writable.notify()

    def run(self) -> None:
        """Call the application and send its response."""
        connection = self._connection
        shedder = connection.state.shedder
        if shedder is not None:
            waited_s = monotonic() - connection.started_at
            if waited_s > shedder.late_s and shedder.is_late(self.target, waited_s):
                self._end(connection.refuse_late, b"")
                return
        environ = self._environ()
        buffered: list[tuple[bytes, bytes]] = []
        environ[TOLD] = self._told
        environ[SEND_BUFFERED] = buffered.append  # no method: frameworks keep environments alive
        try:
            pieces = connection.worker.app(environ, self._start)
            try:
                if buffered:
                    lines, body = buffered[-1]
                    self._end(connection.finish, self.with_server_headers(lines) + body)
                else:
                    self._get_writer().send(pieces)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except ClientGoneError:
            self._end(connection.abort, b"")
        except BaseException as error:  # `SystemExit` too, which would end the thread
            is_started = self._writer is not None and self._writer.is_started
            # The middleware has logged what the application raised in the middle of a response.
            if not is_started or isinstance(error, WrongLengthError):
                logging.getLogger(__name__).exception("request failed")
            self._end(connection.close_after, b"" if is_started else _FAILED)

    def with_server_headers(self, lines: bytes) -> bytes:
        """Return the head of the response: `lines`, the date and the end of the connection."""
        closing = b"connection: close\r\n" if self.is_last else b""
        return b"%b%b%b\r\n" % (lines, self._connection.date_line(), closing)

    def finish(self, data: bytes) -> None:
        """Send the last piece of the response."""
        self._end(self._connection.finish, data)

    def _end(self, send: "Callable[[Exchange, bytes], None]", data: bytes) -> None:
        if not self.is_responded:
            self.is_responded = True
            self._connection.worker.outbox.call(send, self, data)

    def _start(
        self, status: str, headers: list[Header], error: Any = None
    ) -> Callable[[bytes], object]:
        return self._get_writer().start(status, headers, error)

    def _get_writer(self) -> ResponseWriter:
        if self._writer is None:
            self._writer = ResponseWriter(self._connection, self)
        return self._writer

    def _environ(self) -> "WSGIEnvironment":
        environ = target_environ(self._head, self.target)
        streamed = self._streamed
        environ["wsgi.input"] = (
            BytesIO(b"".join(self._pieces)) if streamed is None else BufferedReader(streamed)
        )
        return environ
