"""A request body that tells when it was read to its end."""

from collections.abc import Callable
from io import RawIOBase
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class WatchedBody(RawIOBase):
    """Reads a body, and calls `on_end` once all of it was read."""

    def __init__(self, body: IO[bytes], length: int | None, on_end: Callable[[], None]) -> None:
        """Watch a body.

        Args:
            body: What the server reads it from.
            length: Bytes of it; None for one in chunks.
            on_end: Called once.
        """
        super().__init__()
        self._read: Callable[[int], bytes] = getattr(body, "read1", body.read)
        self._missing = length
        self._on_end: Callable[[], None] | None = on_end

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what is there, at least one byte unless the body has ended."""
        place = memoryview(buffer)
        piece = self._read(len(place))
        place[: len(piece)] = piece
        if self._missing is not None:
            self._missing -= len(piece)
        is_ended = not piece or self._missing == 0
        if is_ended and self._on_end is not None:
            self._on_end()
            self._on_end = None
        return len(piece)
