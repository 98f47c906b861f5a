"""The line that every request leaves. In production, where they are many, written together."""

import re
import sys
from collections import deque
from functools import lru_cache
from select import PIPE_BUF
from time import gmtime, strftime, time_ns
from typing import Protocol
from urllib.parse import quote

import orjson

from .logs import get_logger
from .settings import LogSettings

_is_plain = re.compile(r"[A-Za-z0-9_.~/-]*", re.ASCII).fullmatch


class Answered(Protocol):
    """A request at its end."""

    request_id: str
    method: str
    path: str
    status: int


class AccessLog(Protocol):
    """Where lines go."""

    def add(self, seen: Answered, route: str, seconds: float, is_complete: bool) -> None:
        """Note a request; `route` is the template its path matched."""
        ...

    def flush(self) -> None:
        """Write what is not yet written."""
        ...


class NoLines:
    """Nothing is noted."""

    def add(self, seen: Answered, route: str, seconds: float, is_complete: bool) -> None:
        """Note nothing."""

    def flush(self) -> None:
        """Write nothing."""


class ReadableLines:
    """One line at a time, as all others in development."""

    def add(self, seen: Answered, route: str, seconds: float, is_complete: bool) -> None:
        """Write a line now."""
        get_logger().info(
            "request",
            method=seen.method,
            path=quote(seen.path),  # no control characters in a terminal
            route=route,
            status=seen.status,
            seconds=round(seconds, 6),
            **({} if is_complete else {"aborted": True}),
        )

    def flush(self) -> None:
        """Nothing is left to write."""


class JsonLines:
    """JSON objects with the names of all others, at 1 µs each where those take 60 µs."""

    def __init__(self) -> None:
        self._ended: deque[tuple[int, Answered, str, float, bool]] = deque()

    def add(self, seen: Answered, route: str, seconds: float, is_complete: bool) -> None:
        """Keep what is said until `flush`; other threads may do so at once."""
        self._ended.append((time_ns(), seen, route, seconds, is_complete))

    def flush(self) -> None:
        """Write the lines, as many at once as a pipe takes whole: other processes write too."""
        piece: list[str] = []
        size = 0
        while self._ended:
            line = _line(*self._ended.popleft())
            if size + len(line) > PIPE_BUF:
                _write(piece)
                piece, size = [], 0
            piece.append(line)
            size += len(line)
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


def _line(ended_ns: int, seen: Answered, route: str, seconds: float, is_complete: bool) -> str:
    second, fraction_ns = divmod(ended_ns, 1_000_000_000)
    path = seen.path if _is_plain(seen.path) else quote(seen.path)
    aborted = "" if is_complete else ',"aborted":true'
    return (
        f'{{"event":"request","request_id":"{seen.request_id}","method":"{seen.method}",'
        f'"path":"{path}","route":{_quoted(route)},"status":{seen.status},'
        f'"seconds":{seconds:.6f}{aborted},"level":"info",'
        f'"timestamp":"{_second(second)}.{fraction_ns // 1000:06d}Z"}}\n'
    )


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


@lru_cache(maxsize=512)
def _quoted(route: str) -> str:
    return orjson.dumps(route).decode()
