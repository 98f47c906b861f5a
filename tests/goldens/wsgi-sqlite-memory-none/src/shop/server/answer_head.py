"""The head of an answer, and how the end of its body is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

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
