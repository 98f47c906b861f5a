"""Answers whose heads are made once."""

import pytest
from hotpath.wsgi.responses import Response, render_created, render_json

LARGE = b'"%b"' % (b"x" * 5000)


def test_the_head_says_what_the_headers_say() -> None:
    answer = render_created(b"{}", "/users/1")

    head = (
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
        b"location: /users/1\r\ncontent-length: 2\r\n"
    )
    assert answer.head == head
    assert b"".join(b"%b: %b\r\n" % each for each in encoded(answer)) in head


def encoded(answer: Response) -> list[tuple[bytes, bytes]]:
    """Return the headers as bytes."""
    return [(name.encode(), value.encode()) for name, value in answer.headers]


def test_an_answer_that_is_given_again_cannot_be_changed() -> None:
    assert render_json(b"{}") is render_json(b"{}")
    assert isinstance(render_json(b"{}").headers, tuple)


def test_large_responses_are_not_cached() -> None:
    assert render_json(LARGE) is not render_json(LARGE)


@pytest.mark.parametrize("location", ["/\r\nx: y", "/\n", "/\r"])
def test_a_header_that_would_begin_another_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="a header has a line break in it"):
        render_created(b"{}", location)
