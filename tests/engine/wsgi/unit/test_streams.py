"""A stream is closed at once, by whoever sends it and not by the garbage collector."""

from collections.abc import Generator
from itertools import islice

import pytest
from flask import Flask
from hotpath.wsgi.responses import render_stream


class Pieces:
    """A stream without end that knows what became of it."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_closed = False
        self.stream = self._make()  # referenced, so that nothing but `close` ends it

    def _make(self) -> Generator[bytes]:
        try:
            yield b""
            while True:
                self.taken += 1
                yield b"piece"
        finally:
            self.is_closed = True


@pytest.mark.parametrize(("method", "taken"), [("GET", 3), ("HEAD", 0)])
def test_a_body_that_is_closed_closes_the_stream(method: str, taken: int) -> None:
    app, pieces = Flask(__name__), Pieces()
    next(pieces.stream)
    with app.test_request_context(method=method) as context:
        response = render_stream(pieces.stream, "text/plain")
        body = response(context.request.environ, lambda *_: lambda _: None)

    received = list(islice(body, taken))
    close = getattr(body, "close", lambda: None)
    close()

    assert received == [b"piece"] * taken
    assert (pieces.is_closed, pieces.taken) == (True, taken)
