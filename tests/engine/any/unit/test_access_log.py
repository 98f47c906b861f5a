"""Lines of requests where they are many."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from select import PIPE_BUF

from hotpath.observability.access_log import JsonLines
from hotpath.observability.requests import RequestRecord


class Pipe(StringIO):
    """Keeps what it is given apart by writes."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return len(text)


@contextmanager
def logging() -> Iterator[tuple[JsonLines, Pipe]]:
    """Yield a log and what reads it."""
    with redirect_stderr(Pipe()) as pipe:
        yield JsonLines(), pipe


def lines_of(pipe: Pipe) -> list[str]:
    """Return all lines."""
    return "".join(pipe.pieces).splitlines()


def test_few_lines_wait_for_others() -> None:
    with logging() as (log, pipe):
        log.lines_of("GET", "/a/{b}", 200)(RequestRecord("GET", "/a/1", "id"), 0.25, True)
        before = lines_of(pipe)
        log.flush()

    assert before == []
    [line] = map(json.loads, lines_of(pipe))
    assert line["path"] == "/a/1"
    assert line["route"] == "/a/{b}"
    assert line["seconds"] == 0.25


def test_many_lines_are_written_before_they_hold_up_requests() -> None:
    with logging() as (log, pipe):
        add = log.lines_of("GET", "/a", 200)
        for number in range(1000):
            add(RequestRecord("GET", "/a", str(number)), 0.0, True)
        written = len(lines_of(pipe))
        log.flush()

    assert 1000 - written < 100
    ids = [json.loads(line)["request_id"] for line in lines_of(pipe)]
    assert ids == [str(number) for number in range(1000)]


def test_a_piece_is_lines_that_a_pipe_takes_whole() -> None:
    with logging() as (log, pipe):
        add = log.lines_of("GET", "/a", 200)
        for number in range(200):
            add(RequestRecord("GET", "/" + number * "a", "id"), 0.0, True)
        log.flush()

    assert len(lines_of(pipe)) == 200
    assert all(len(piece) <= PIPE_BUF and piece.endswith("\n") for piece in pipe.pieces)
    assert len(pipe.pieces) < 50
