"""A request body that is read while it is received."""

from collections.abc import Callable
from io import RawIOBase
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class StreamedBody(RawIOBase):
    """Filled by the event loop, read by one thread, which waits `stall_s` for each piece."""

    def __init__(self, received: bytes, stall_s: float, on_empty: Callable[[], None]) -> None:
        super().__init__()
        self._buffer = bytearray(received)
        self._stall_s = stall_s
        self._on_empty = on_empty
        self._is_ended = False
        self._changed = Condition()

    def feed(self, piece: bytes) -> int:
        """Add a received piece; return how many bytes wait to be read."""
        with self._changed:
            self._buffer += piece
            self._changed.notify()
            return len(self._buffer)

    def end(self) -> None:
        """Mark the end of the body."""
        with self._changed:
            self._is_ended = True
            self._changed.notify()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what was received, at least one byte unless the body has ended.

        Raises:
            BlockingIOError: nothing was received for `stall_s`.
        """
        place = memoryview(buffer)
        with self._changed:
            if not self._changed.wait_for(lambda: self._buffer or self._is_ended, self._stall_s):
                raise BlockingIOError("nothing of the body came in time")
            piece = self._buffer[: len(place)]
            del self._buffer[: len(place)]
            is_empty = not self._buffer and not self._is_ended
        place[: len(piece)] = piece
        if is_empty:
            self._on_empty()
        return len(piece)
