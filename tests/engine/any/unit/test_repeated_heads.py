"""Requests that are recognised without a parser."""

import pytest
from hotpath.server.repeated_head import RepeatedHead

LINES = b"\r\nhost: test\r\nx-a: 1\r\n\r\n"
KNOWN = b"GET /a HTTP/1.1" + LINES


def learned() -> RepeatedHead[str]:
    head = RepeatedHead("nothing")
    head.learn(KNOWN, "headers")
    return head


def test_a_target_is_told_where_all_else_is_known() -> None:
    head = learned()

    assert head.target(b"GET /users/7?limit=1&after=a.b HTTP/1.1" + LINES) == (
        b"/users/7?limit=1&after=a.b"
    )
    assert head.parsed == "headers"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET /a HTTP/1.1",
        b"GET /a HTTP/1.1\r\n\r\n",
        KNOWN[:-1],
        KNOWN + b"x",
        KNOWN + KNOWN,
        b"\r\n" + KNOWN,
        KNOWN.replace(b"x-a: 1", b"x-a: 2"),
        KNOWN.replace(b"GET", b"PUT"),
        KNOWN.replace(b"GET ", b"GET  "),
        KNOWN.replace(b"1.1", b"1.0"),
        KNOWN.replace(b"/a", b"a"),
        KNOWN.replace(b"/a", b"*"),
        KNOWN.replace(b"/a", b"http://test/a"),
        KNOWN.replace(b"/a", b"/%61"),
        KNOWN.replace(b"/a", b"/a#b"),
        KNOWN.replace(b"/a", b"/\xc3\xa4"),
        KNOWN.replace(b"/a", b"/a\nb"),
    ],
)
def test_anything_else_is_for_the_parser(data: bytes) -> None:
    assert learned().target(data) is None


@pytest.mark.parametrize(
    "data",
    [
        KNOWN[:-1],
        KNOWN + KNOWN,
        KNOWN + b"body",
        b"POST /a HTTP/1.1\r\nhost: other\r\ncontent-length: 0\r\n\r\n",
        b"host: other\r\n\r\n",
    ],
)
def test_what_is_no_head_alone_is_not_learned(data: bytes) -> None:
    head = RepeatedHead("nothing")

    head.learn(data, "headers")

    assert head.parsed == "nothing"
    assert head.target(data) is None


def test_a_client_that_never_repeats_itself_is_no_longer_listened_to() -> None:
    head = RepeatedHead(0)
    for number in range(1, 20):
        head.learn(b"GET /a HTTP/1.1\r\nx-request-id: %d\r\n\r\n" % number, number)

    assert head.parsed < 19
    assert head.target(b"GET /a HTTP/1.1\r\nx-request-id: %d\r\n\r\n" % head.parsed) == b"/a"
    head.learn(b"GET /a HTTP/1.1\r\nx-request-id: 20\r\n\r\n", 20)
    assert head.parsed == 20
