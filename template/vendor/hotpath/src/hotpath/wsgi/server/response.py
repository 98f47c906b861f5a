"""The head of an answer, and how the end of its body is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

if TYPE_CHECKING:
    from hotpath.wsgi.server.exchange import Exchange
    from hotpath.wsgi.server.protocol import ThreadedProtocol


Header = tuple[str, str]

_WITHOUT_BODY = ("204", "304")


@dataclass(slots=True)
class Head:
    """What an application wants to answer with, before its body."""

    status: str
    lines: str
    length: int | None
    is_last: bool
    """Whether the application wants the connection closed."""

    @property
    def may_have_body(self) -> bool:
        """Tell whether a body may follow, unless only the head was asked for."""
        return not self.status.startswith(_WITHOUT_BODY)


def read_head(status: str, headers: Iterable[Header]) -> Head:
    """Take what belongs to the server out of the headers.

    Raises:
        ValueError: a line has a line of its own in it.
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
    return Head(status, text, length, is_last)


@lru_cache(maxsize=1)
def date_line(now: bytes) -> bytes:
    """Return the header with the time, which is the same for a second."""
    return b"date: %b\r\n" % now


_LAST_CHUNK = b"0\r\n\r\n"


class ClientGoneError(Exception):
    """A client left, or took nothing of its answer for too long."""


class WrongLengthError(ValueError):
    """A body is not as long as its head says."""


class Answer:
    """Head and body, whole or piece by piece, never faster than the client takes them."""

    __slots__ = (
        "_connection",
        "_exchange",
        "_has_body",
        "_head",
        "_is_chunked",
        "_remaining",
        "_sent",
        "_tail",
        "_taken",
        "is_begun",
    )

    def __init__(self, connection: "ThreadedProtocol", exchange: "Exchange") -> None:
        self._connection = connection
        self._exchange = exchange
        self._head: Head | None = None
        self._has_body = self._is_chunked = False
        self._remaining: int | None = None
        self._tail = b""
        self._sent = self._taken = 0
        self.is_begun = False

    def start(
        self, status: str, headers: list[Header], error: Any = None
    ) -> Callable[[bytes], object]:
        """Take the head; it is sent with the first piece of the body.

        Raises:
            BaseException: `error`, if the head is out already.
            AssertionError: there is a head, and no error to replace it.
        """
        if error is None and self._head is not None:
            raise AssertionError("the application began its answer twice")
        if self.is_begun:
            raise error[1]
        self._head = read_head(status, headers)
        return self._send_piece

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send the body to its end.

        Raises:
            ClientGoneError: nobody takes it.
            WrongLengthError: it is not as long as its head says.
        """
        if isinstance(pieces, list | tuple) and len(pieces) <= 1 and not self.is_begun:
            self._send_whole(pieces[0] if pieces else b"")
            return
        for piece in pieces:
            if piece:
                self._send_piece(piece)
        opening = b"" if self.is_begun else self._begin()
        if self._remaining:
            raise WrongLengthError("the body is shorter than its head says")
        self._exchange.finish(opening + self._tail + (_LAST_CHUNK if self._is_chunked else b""))

    def _send_whole(self, body: bytes) -> None:
        head = self._given_head()
        if self._exchange.is_head or not head.may_have_body:
            body = b""
        elif head.length is None:
            head.lines += f"content-length: {len(body)}\r\n"
        elif head.length != len(body):
            raise WrongLengthError(f"a body of {len(body)} bytes, its head says {head.length}")
        self._exchange.finish(self._opening(head) + body)

    def _send_piece(self, piece: bytes) -> None:
        data = (b"" if self.is_begun else self._begin()) + self._framed(piece)
        self.is_begun = True
        if self._exchange.is_left:
            raise ClientGoneError
        if self._remaining == 0:  # nothing more can come: the end of the iteration sends it
            self._tail += data
        elif data:
            self._wait_for_room()
            self._sent += len(data)
            self._connection.answering.outbox.call(self._take, data)

    def _framed(self, piece: bytes) -> bytes:
        if not self._has_body:
            return b""
        if self._is_chunked:
            return b"%x\r\n%b\r\n" % (len(piece), piece)
        if self._remaining is not None:
            self._remaining -= len(piece)
            if self._remaining < 0:
                raise WrongLengthError("the body is longer than its head says")
        return piece

    def _begin(self) -> bytes:
        """Choose how the end of the body is told, and return the head."""
        head = self._given_head()
        self._has_body = head.may_have_body and not self._exchange.is_head
        if self._has_body:
            self._remaining = head.length
            if head.length is None and self._exchange.is_old:
                self._exchange.is_last = True
            elif head.length is None:
                self._is_chunked = True
                head.lines += "transfer-encoding: chunked\r\n"
        return self._opening(head)

    def _given_head(self) -> Head:
        if self._head is None:
            raise AssertionError("the application began a body without a head")
        return self._head

    def _opening(self, head: Head) -> bytes:
        if head.is_last:
            self._exchange.is_last = True
        return self._exchange.opening(head.lines.encode("latin-1"))

    def _wait_for_room(self) -> None:
        """Wait for the client, while it has not taken what was sent before."""
        if self._has_room():
            return
        room, stall_s = self._connection.room, self._connection.answering.settings.stream_stall_s
        with room:
            if not room.wait_for(self._has_room, stall_s):
                raise ClientGoneError

    def _has_room(self) -> bool:
        is_free = not self._connection.flow.write_paused
        return self._exchange.is_left or (is_free and self._sent - self._taken <= HIGH_WATER_LIMIT)

    def _take(self, data: bytes) -> None:
        """On the event loop: send a piece."""
        with self._connection.room:
            self._taken += len(data)
            self._connection.write(data)
            self._connection.room.notify()
