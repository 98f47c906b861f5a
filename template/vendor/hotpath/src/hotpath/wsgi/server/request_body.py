"""A request body that is read while it is received."""

from collections.abc import Callable
from io import RawIOBase
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class InvalidBody(Exception):
    """The rest of a body is no valid HTTP, such as a chunk without a size, or does not come at all:
    what is there of it may not be taken for the whole."""


class StreamedBody(RawIOBase):
    """Filled by the event loop, read by one thread, which waits `timeout_s` for each piece.

    A body that the thread has waited for longer than that must have come at `min_rate` bytes per
    second of waiting.
    """

    def __init__(
        self, received: bytes, timeout_s: float, min_rate: int, on_empty: Callable[[], None]
    ) -> None:
        super().__init__()
        self._buffer = bytearray(received)
        self._received = len(received)
        self._timeout_s = timeout_s
        self._min_rate = min_rate
        self._waited_s = 0.0
        self._on_empty = on_empty
        self._is_ended = self._is_broken = False
        self._changed = Condition()

    def feed(self, piece: bytes) -> int:
        """Add a received piece; return how many bytes wait to be read."""
        with self._changed:
            self._buffer += piece
            self._received += len(piece)
            self._changed.notify()
            return len(self._buffer)

    def end(self) -> None:
        """Mark the end of the body."""
        with self._changed:
            self._is_ended = True
            self._changed.notify()

    def fail(self) -> None:
        """Let the next read fail: the rest cannot be parsed, or does not come."""
        with self._changed:
            self._is_ended = self._is_broken = True
            self._changed.notify()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what was received, at least one byte unless the body has ended.

        Raises:
            BlockingIOError: nothing was received for `timeout_s`, or too little on average.
            InvalidBody: the rest cannot be parsed, or does not come.
        """
        place = memoryview(buffer)
        started = monotonic()
        with self._changed:
            if not self._changed.wait_for(lambda: self._buffer or self._is_ended, self._timeout_s):
                raise BlockingIOError("nothing of the body came in time")
            if self._is_broken:
                raise InvalidBody
            self._waited_s += monotonic() - started
            is_late = self._waited_s > self._timeout_s
            if is_late and self._received < self._min_rate * self._waited_s:
                raise BlockingIOError("the body comes too slowly")
            piece = self._buffer[: len(place)]
            del self._buffer[: len(place)]
            is_empty = not self._buffer and not self._is_ended
        place[: len(piece)] = piece
        if is_empty:
            self._on_empty()
        return len(piece)
