"""The line that every request leaves. In production, where they are many, written together."""

import re
import sys
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from select import PIPE_BUF
from time import gmtime, strftime, time_ns
from typing import Protocol
from urllib.parse import quote

import orjson

from .logs import get_logger
from .settings import LogSettings

_AT_ONCE = 64
"""Lines; all of 0.1 s, written at once, held up requests for 8 ms."""

_is_plain = re.compile(r"[A-Za-z0-9_.~/-]*", re.ASCII).fullmatch


class Answered(Protocol):
    """A request at its end."""

    request_id: str
    path: str


AddLine = Callable[[Answered, float, bool], None]
"""Notes a request: which, its seconds, and whether its answer went out to the end."""


class AccessLog(Protocol):
    """Where lines go."""

    def lines_of(self, method: str, route: str, status: int) -> AddLine:
        """Return what notes requests that have these in common; `route` is a template."""
        ...

    def flush(self) -> None:
        """Write what is not yet written."""
        ...


class NoLines:
    """Nothing is noted."""

    def lines_of(self, method: str, route: str, status: int) -> AddLine:
        """Return what notes nothing."""
        return lambda seen, seconds, is_complete: None

    def flush(self) -> None:
        """Write nothing."""


class ReadableLines:
    """One line at a time, as all others in development."""

    def lines_of(self, method: str, route: str, status: int) -> AddLine:
        """Return what writes a line at once."""

        def add(seen: Answered, seconds: float, is_complete: bool) -> None:
            get_logger().info(
                "request",
                method=method,
                path=quote(seen.path),  # no control characters in a terminal
                route=route,
                status=status,
                seconds=round(seconds, 6),
                **({} if is_complete else {"aborted": True}),
            )

        return add

    def flush(self) -> None:
        """Nothing is left to write."""


class JsonLines:
    """JSON objects with the names of all others, at 1 µs each where those take 60 µs."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()

    def lines_of(self, method: str, route: str, status: int) -> AddLine:
        """Return what keeps a line until `flush`; other threads may do so at once."""
        lines, flush = self._lines, self.flush
        before = f'","method":"{method}","path":"'
        after = f'","route":{orjson.dumps(route).decode()},"status":{status},"seconds":'

        def add(seen: Answered, seconds: float, is_complete: bool) -> None:
            second, fraction_ns = divmod(time_ns(), 1_000_000_000)
            path = seen.path if _is_plain(seen.path) else quote(seen.path)
            aborted = "" if is_complete else ',"aborted":true'
            lines.append(
                f'{{"event":"request","request_id":"{seen.request_id}{before}{path}{after}'
                f'{seconds:.6f}{aborted},"level":"info",'
                f'"timestamp":"{_second(second)}.{fraction_ns // 1000:06d}Z"}}\n'
            )
            if len(lines) >= _AT_ONCE:
                flush()

        return add

    def flush(self) -> None:
        """Write the lines, as many at once as a pipe takes whole: other processes write too."""
        lines = self._lines
        piece: list[str] = []
        size = 0
        while True:
            try:
                line = lines.popleft()
            except IndexError:  # also where another thread was faster
                break
            size += len(line)
            if size > PIPE_BUF:
                _write(piece)
                piece, size = [], len(line)
            piece.append(line)
        _write(piece)


def open_access_log(settings: LogSettings, *, is_json: bool) -> AccessLog:
    """Return where lines go by these settings."""
    if not settings.access_log or settings.level not in {"debug", "info"}:
        return NoLines()
    return JsonLines() if is_json else ReadableLines()


def _write(lines: list[str]) -> None:
    if lines:
        sys.stderr.write("".join(lines))
        sys.stderr.flush()


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
