"""Where granian and gunicorn read requests otherwise than `raw_requests.py` says, and why.

Their parsers decide, before any code of ours. None of it moves the end of a request to where a
server that keeps to RFC 9112 would not see it.
"""

from collections.abc import Iterator, Mapping, Sequence

Deviation = tuple[str, str, Sequence[str]]
"""Why, what becomes of the requests, and their names."""

_TWO_SPACES = ("line b'GET  /users/1 HTTP/1.1'", "line b'GET /users/1  HTTP/1.1'")
_JUNK = ("more than its length", "a coding with an underscore")

_GRANIAN: Sequence[Deviation] = (
    (
        "Of a length and chunks it takes the chunks, and closes the connection: RFC 9112 6.3.",
        "200",
        ("length and chunks", "chunks and length", "GET with length and chunks"),
    ),
    (
        "The same length twice is one length: RFC 9110 8.6 allows it.",
        "200 next",
        ("the same length twice",),
    ),
    (
        "A line may end with LF alone: RFC 9112 2.2 allows it.",
        "200 next",
        (
            *("chunked behind LF", "header b'a: b\\nc: d\\r\\n'"),
            *("end lf", "end lf_first", "end lf_last"),
        ),
    ),
    (
        "Space around the coding is no part of it: RFC 9110 5.5.",
        "200 next",
        (r"coding b'chunked\t'",),
    ),
    (
        "Its parser minds no space behind the size of a chunk, and nothing in an extension but LF.",
        "200 next",
        (
            *(r"chunk b'e;\x00\r\n'", r"chunk b'e \r\n'", r"chunk b'e ;a\r\n'"),
            r"chunk b'e\t\r\n'",
        ),
    ),
    (
        "Extensions have 16 KiB at most, and trailers are as many as headers.",
        "400",
        (
            "chunk b'e;aaaaaaaaaaaaaaaaaa'",
            r"trailer b'a: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b'",
        ),
    ),
    (
        "Trailers are ignored, whatever their names.",
        "200 next",
        (
            r"trailer b'content-length: 5\r\n'",
            r"trailer b'transfer-encoding: chunked\r\n'",
            r"trailer b'connection: close\r\n'",
        ),
    ),
    (
        "The application has the whole body, and responds; the trailers still go on.",
        "200 silence",
        (r"rest b'\r\n0\r\n\n'", r"trailer b'a: b\n'"),
    ),
    (
        "It reads chunked twice as chunked once; our check refuses both.",
        "501",
        ("coding b'chunked, chunked'", "chunked twice"),
    ),
    (
        "A Host that is missing comes as one that is empty, so both are refused.",
        "400",
        (r"host b'host:\r\n'",),
    ),
    ("Any token is a method.", "405 next", ("line b'CONNECT /users/1 HTTP/1.1'",)),
    (
        "Any token is a method, in lower case too.",
        "405 next",
        (
            *("line b'get /users/1 HTTP/1.1'", "line b'Get /users/1 HTTP/1.1'"),
            *("line b'FOO /users/1 HTTP/1.1'", "line b'G!T /users/1 HTTP/1.1'"),
        ),
    ),
    (
        "Any form of target is allowed for any method; it is no path that is known.",
        "404 next",
        (
            *("line b'GET test:80 HTTP/1.1'", "line b'CONNECT test:80 HTTP/1.1'"),
            "line b'PRI * HTTP/1.1'",
        ),
    ),
    (
        "The port of a target in absolute form is not looked at.",
        "200 next",
        ("line b'GET http://test:99999/users/1 HTTP/1.1'",),
    ),
    (
        "Two spaces, a CR alone and RTSP are no HTTP.",
        "400",
        (*_TWO_SPACES, "end cr_before", "line b'GET /users/1 RTSP/1.0'"),
    ),
    ("A client of 1.0 may keep its connection.", "200 next", ("1.0 that would be kept",)),
    ("What is no request gets a response of its own.", "422 400", _JUNK),
    (
        "Heads may have some 400 KiB, which is no setting.",
        "200 next",
        (r"header b'a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'",),
    ),
    ("The same.", "404 next", (r"line b'GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",)),
    (
        "HTTP/2 is off, and its preface is answered by nothing.",
        "",
        (r"line b'PRI * HTTP/2.0\r\n\r\nSM\r\n'",),
    ),
)

_GUNICORN: Sequence[Deviation] = (
    (
        "Trailers that change what headers say are refused, and more than the limit of headers.",
        "400",
        (
            r"trailer b'host: other\r\n'",
            r"trailer b'a: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b'",
        ),
    ),
    ("This one is ignored.", "200 next", (r"trailer b'connection: close\r\n'",)),
    (
        "Two spaces, RTSP, and more than one empty line before a request are no HTTP.",
        "400",
        (
            *(*_TWO_SPACES, "line b'GET /users/1 RTSP/1.0'"),
            *("end lines_before", "end lf_before", "end cr_before"),
        ),
    ),
    ("Only OPTIONS has the target *: RFC 9112 3.2.4.", "400", ("line b'GET * HTTP/1.1'",)),
    (
        "What a client expects is 100-continue or refused: RFC 9110 10.1.1.",
        "417",
        ("an expectation of something else",),
    ),
    ("A client of 1.0 may keep its connection.", "200 next", ("1.0 that would be kept",)),
    ("What is no request gets a response of its own.", "422 400", _JUNK),
    (
        "A request line that is too long has a status of its own.",
        "414",
        (r"line b'GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",),
    ),
    (
        "Numbers have no limit, so that this is a body that is too large.",
        "413",
        ("length b'99999999999999999999999'", "length b'18446744073709551630'"),
    ),
    (
        "Or one that does not come.",
        "408",
        (r"chunk b'1000000000000000e\r\n'", "chunk b'10000000000000000000'"),
    ),
    (
        "All codings that it does not know are 501, whether chunks are the last or not.",
        "501",
        (
            *("coding b'xchunked'", "coding b'chunked;q=1'", "coding b'\"chunked\"'"),
            *("coding b''", "coding b'chunked,'", r"coding b'\xffchunked'", "coding b'chun ked'"),
        ),
    ),
    (
        "Space around the coding, and before an extension, is allowed: RFC 9110 5.5, 9112 7.1.1.",
        "200 next",
        (r"coding b'chunked\t'", r"chunk b'e ;a\r\n'"),
    ),
    (
        "The host and port of a target in absolute form are not looked at.",
        "200 next",
        ("line b'GET http:///users/1 HTTP/1.1'", "line b'GET http://test:99999/users/1 HTTP/1.1'"),
    ),
    (
        "Any token is a method, if it has no lower case.",
        "405 next",
        ("line b'FOO /users/1 HTTP/1.1'", "line b'G!T /users/1 HTTP/1.1'"),
    ),
    (
        "CONNECT has its response, and the connection ends.",
        "404",
        ("line b'CONNECT test:80 HTTP/1.1'",),
    ),
    ("The same.", "405", ("line b'CONNECT /users/1 HTTP/1.1'",)),
)


def _fates(deviations: Sequence[Deviation]) -> Iterator[tuple[str, str]]:
    for _, fate, names in deviations:
        for name in names:
            yield name, fate


DEVIATIONS: Mapping[str, Mapping[str, str]] = {
    "uvicorn": {},
    "granian": dict(_fates(_GRANIAN)),
    "gunicorn": dict(_fates(_GUNICORN)),
}
"""By server, and name of a request, what becomes of it."""
