"""Writes a response: its head, and its body with the framing that HTTP/1 needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotpath.wsgi.server.exchange import Exchange
    from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol


Header = tuple[str, str]

_WITHOUT_BODY = ("204", "304")
_MAX_UNSENT_BYTES = 65_536
"""Bytes of a response that wait to be sent; past that its thread waits."""


@dataclass(slots=True)
class ResponseHead:
    """Status and headers as the application passed them."""

    status: str
    lines: str
    length: int | None
    is_last: bool
    """Whether the application wants the connection to be closed."""

    @property
    def may_have_body(self) -> bool:
        """Whether a body may follow, unless the request is a HEAD."""
        return not self.status.startswith(_WITHOUT_BODY)


def read_head(status: str, headers: Iterable[Header]) -> ResponseHead:
    """Encode the headers, without those that belong to the server.

    Raises:
        ValueError: a status or a header has a line break in it.
    """
    length, is_last, lines = None, False, [f"HTTP/1.1 {status}\r\n"]
    for name, value in headers:
        lowered = name.lower()
        if lowered == "connection":
            is_last = is_last or "close" in value.lower()
        elif lowered != "transfer-encoding":
            if lowered == "content-length":
                length = int(value)
            lines.append(f"{name}: {value}\r\n")
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines):
        raise ValueError("a status or a header has a line break in it")
    return ResponseHead(status, text, length, is_last)


@lru_cache(maxsize=1)
def date_line(now: bytes) -> bytes:
    """Return the header with the time, which changes once a second."""
    return b"date: %b\r\n" % now


_LAST_CHUNK = b"0\r\n\r\n"


class ClientGoneError(Exception):
    """The client disconnected, or stopped reading its response."""


class WrongLengthError(ValueError):
    """A body is not as long as its content-length."""


class ResponseWriter:
    """Sends head and body, at once or in pieces, never faster than the client reads them."""

    __slots__ = (
        "_connection",
        "_exchange",
        "_has_body",
        "_head",
        "_is_chunked",
        "_remaining",
        "_sent",
        "_tail",
        "_written",
        "is_started",
    )

    def __init__(self, connection: "ThreadedProtocol", exchange: "Exchange") -> None:
        self._connection = connection
        self._exchange = exchange
        self._head: ResponseHead | None = None
        self._has_body = self._is_chunked = False
        self._remaining: int | None = None
        self._tail = b""
        self._sent = self._written = 0
        self.is_started = False

    def start(
        self, status: str, headers: list[Header], error: Any = None
    ) -> Callable[[bytes], object]:
        """Set the head; it is sent with the first piece of the body.

        Raises:
            BaseException: `error`, if the head was sent already.
            AssertionError: the head was set already, and there is no error.
        """
        if error is None and self._head is not None:
            raise AssertionError("the application started its response twice")
        if self.is_started:
            raise error[1]
        self._head = read_head(status, headers)
        return self._send_piece

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send the whole body.

        Raises:
            ClientGoneError: the client does not read it.
            WrongLengthError: it is not as long as its content-length.
        """
        if isinstance(pieces, list | tuple) and len(pieces) <= 1 and not self.is_started:
            self._send_at_once(pieces[0] if pieces else b"")
            return
        for piece in pieces:
            if piece:
                self._send_piece(piece)
        head = b"" if self.is_started else self._start_body()
        if self._remaining:
            raise WrongLengthError("the body is shorter than its content-length")
        self._exchange.finish(head + self._tail + (_LAST_CHUNK if self._is_chunked else b""))

    def _send_at_once(self, body: bytes) -> None:
        head = self._require_head()
        if self._exchange.is_head or not head.may_have_body:
            body = b""
        elif head.length is None:
            head.lines += f"content-length: {len(body)}\r\n"
        elif head.length != len(body):
            raise WrongLengthError(f"a body of {len(body)} bytes, content-length {head.length}")
        self._exchange.finish(self._encode(head) + body)

    def _send_piece(self, piece: bytes) -> None:
        data = (b"" if self.is_started else self._start_body()) + self._framed(piece)
        self.is_started = True
        if self._exchange.is_disconnected:
            raise ClientGoneError
        if self._remaining == 0:  # the last piece, which is sent with the end of the iteration
            self._tail += data
        elif data:
            self._wait_until_read()
            self._sent += len(data)
            self._connection.worker.outbox.call(self._write, data)

    def _framed(self, piece: bytes) -> bytes:
        if not self._has_body:
            return b""
        if self._is_chunked:
            return b"%x\r\n%b\r\n" % (len(piece), piece)
        if self._remaining is not None:
            self._remaining -= len(piece)
            if self._remaining < 0:
                raise WrongLengthError("the body is longer than its content-length")
        return piece

    def _start_body(self) -> bytes:
        """Choose how the end of the body is marked, and return the head."""
        head = self._require_head()
        self._has_body = head.may_have_body and not self._exchange.is_head
        if self._has_body:
            self._remaining = head.length
            if head.length is None and self._exchange.is_http_1_0:
                self._exchange.is_last = True
            elif head.length is None:
                self._is_chunked = True
                head.lines += "transfer-encoding: chunked\r\n"
        return self._encode(head)

    def _require_head(self) -> ResponseHead:
        if self._head is None:
            raise AssertionError("the application sent a body before it started the response")
        return self._head

    def _encode(self, head: ResponseHead) -> bytes:
        if head.is_last:
            self._exchange.is_last = True
        return self._exchange.with_server_headers(head.lines.encode("latin-1"))

    def _wait_until_read(self) -> None:
        """Wait while too much of what was sent before is not yet written to the client."""
        if self._is_writable():
            return
        writable = self._connection.writable
        stall_s = self._connection.worker.settings.stream_stall_s
        with writable:
            if not writable.wait_for(self._is_writable, stall_s):
                raise ClientGoneError

    def _is_writable(self) -> bool:
        if self._exchange.is_disconnected:
            return True
        if self._connection.flow.write_paused:
            return False
        return self._sent - self._written <= _MAX_UNSENT_BYTES

    def _write(self, data: bytes) -> None:
        """On the event loop: write a piece."""
        with self._connection.writable:
            self._written += len(data)
            self._connection.write(data)
            self._connection.writable.notify()
