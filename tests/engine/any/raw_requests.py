"""Requests byte by byte, and what becomes of them: what RFC 9112 wants, and where servers differ.

Each is sent with a good request right behind it. Its fate are the statuses that come back before
the connection ends; `next` is the response to the good one. What a body leaves, or what is cut off
it, would be answered as a request of its own: that is how requests are smuggled past a proxy.
"""

from collections.abc import Mapping

NEXT = b"GET /readyz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
HOST = b"host: test\r\n"
BODY = b'{"name":"Raw"}'
CHUNKED = b"transfer-encoding: chunked\r\n"
CHUNKS = b"e\r\n%b\r\n0\r\n\r\n" % BODY
LENGTH = b"content-length: %d\r\n" % len(BODY)
GET = b"GET /users/1 HTTP/1.1\r\n"


def get(headers: bytes = b"", line: bytes = GET, host: bytes = HOST) -> bytes:
    """Return a GET of a hot route."""
    return line + host + headers + b"\r\n"


def patch(headers: bytes, body: bytes, version: bytes = b"1.1") -> bytes:
    """Return a PATCH, which is 200 if its body is `BODY`, and 422 if it is anything else."""
    line = b"PATCH /users/1 HTTP/%b\r\n" % version
    return line + HOST + b"content-type: application/json\r\n" + headers + b"\r\n" + body


def lengths(*values: bytes) -> dict[str, bytes]:
    return {f"length {each!r}": patch(b"content-length: %b\r\n" % each, BODY) for each in values}


def codings(*values: bytes) -> dict[str, bytes]:
    return {
        f"coding {each!r}": patch(b"transfer-encoding: %b\r\n" % each, CHUNKS) for each in values
    }


def chunks(*first: bytes) -> dict[str, bytes]:
    """Return requests by the line of their first chunk, with its line break."""
    body = BODY + b"\r\n0\r\n\r\n"
    return {f"chunk {each[:20]!r}": patch(CHUNKED, each + body) for each in first}


def rests(*rests: bytes) -> dict[str, bytes]:
    """Return requests by what follows the data of their first chunk."""
    return {f"rest {each[:60]!r}": patch(CHUNKED, b"e\r\n" + BODY + each) for each in rests}


def trailers(*lines: bytes) -> dict[str, bytes]:
    return {
        f"trailer {each[:40]!r}": patch(CHUNKED, b"e\r\n%b\r\n0\r\n%b\r\n" % (BODY, each))
        for each in lines
    }


def headers(*lines: bytes) -> dict[str, bytes]:
    return {f"header {each[:40]!r}": get(each) for each in lines}


def hosts(*lines: bytes) -> dict[str, bytes]:
    return {f"host {each!r}": get(host=each) for each in lines}


def lines(*lines: bytes) -> dict[str, bytes]:
    return {f"line {each[:40]!r}": get(line=each + b"\r\n") for each in lines}


def ends(**requests: bytes) -> dict[str, bytes]:
    return {f"end {name}": request for name, request in requests.items()}


BARE_LF = get().replace(b"\r", b"")

REQUESTS_BY_FATE: Mapping[str, Mapping[str, bytes]] = {
    "200 next": {
        **lengths(b"14", b"14 ", b" 14", b"14\t", b"014"),
        **codings(b"chunked", b"Chunked", b"\tchunked"),
        **chunks(b"e\r\n", b"E\r\n", b"000e\r\n", b"0" * 100 + b"e\r\n"),
        **chunks(b"e;a=b\r\n", b'e;a="b;c"\r\n', b"e;" + b"a" * 20_000 + b"\r\n"),
        **rests(b"\r\n000\r\n\r\n", b"\r\n0;a=b\r\n\r\n"),
        "chunks of a byte": patch(CHUNKED, b"1\r\n%c\r\n" * 14 % (*BODY,) + b"0\r\n\r\n"),
        **trailers(b"a: b\r\n", b"host: other\r\n", b"a: b\r\n" * 200),
        **headers(b"content-length: 0\r\n", b"a:\r\n", b"a: \xff\r\n", b"a: b\tc\r\n"),
        **headers(b"content_length: 5\r\n", b"connection: host\r\n", b"expect: 100-continue\r\n"),
        "length with an underscore too": patch(LENGTH + b"content_length: 5\r\n", BODY),
        "GET with a body": get(LENGTH) + BODY,
        "GET with chunks": get(CHUNKED) + CHUNKS,
        "HEAD with a body": get(LENGTH, b"HEAD /users/1 HTTP/1.1\r\n") + BODY,
        "an expectation of something else": patch(LENGTH + b"expect: 200-ok\r\n", BODY),
        **hosts(b"host:\r\n", b"host: a:80\r\n", b"host: [::1]:80\r\n", b"host: a%20b\r\n"),
        **lines(b"GET http://test/users/1 HTTP/1.1", b"GET HTTP://other:1/users/1 HTTP/1.1"),
        **lines(b"GET http://a:b@test/users/1 HTTP/1.1", b"GET /users/1#a HTTP/1.1"),
        **lines(b"GET  /users/1 HTTP/1.1", b"GET /users/1  HTTP/1.1"),
        **ends(lines_before=b"\r\n\r\n" + get(), lf_before=b"\n" + get(), cr_before=b"\r" + get()),
        **headers(b"connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"),
        "an upgrade with a body": patch(b"upgrade: h2c\r\nconnection: upgrade\r\n" + LENGTH, BODY),
        "an upgrade with chunks": patch(b"upgrade: x\r\nconnection: upgrade\r\n" + CHUNKED, CHUNKS),
    },
    "200": {
        **headers(b"connection: close\r\n", b"connection: CLOSE\r\n", b"connection: a, close\r\n"),
        **headers(b"connection: keep-alive\r\nconnection: close\r\n"),
        **lines(b"GET /users/1 HTTP/1.0", b"GET /users/1 RTSP/1.0"),
        "1.0 that would be kept": get(b"connection: keep-alive\r\n", b"GET /users/1 HTTP/1.0\r\n"),
        "1.0 without a host": get(b"", b"GET /users/1 HTTP/1.0\r\n", b""),
    },
    "200 200 200 200 200 200 next": {
        "several at once": get() * 2 + patch(LENGTH, BODY) + patch(CHUNKED, CHUNKS) + get() * 2
    },
    "405 next": lines(b"M-SEARCH /users/1 HTTP/1.1"),
    "404 next": lines(b"OPTIONS * HTTP/1.1", b"GET * HTTP/1.1", b"GET http://test HTTP/1.1"),
    "422 next": {"no length": patch(b"", b"")},
    "422": {
        "more than its length": patch(b"content-length: 10\r\n", BODY),
        "a coding with an underscore": patch(b"transfer_encoding: chunked\r\n", CHUNKS),
    },
    "501": {
        **codings(b"gzip, chunked", b"identity, chunked", b",chunked"),
        "identity and chunked": patch(b"transfer-encoding: identity\r\n" + CHUNKED, CHUNKS),
    },
    "431": {
        **headers(b"a: b\r\n" * 101, b"a: " + b"b" * 40_000 + b"\r\n"),
        **lines(b"GET /" + b"a" * 40_000 + b" HTTP/1.1"),
    },
    "400": {
        "length and chunks": patch(LENGTH + CHUNKED, CHUNKS),
        "chunks and length": patch(CHUNKED + LENGTH, CHUNKS),
        "GET with length and chunks": get(b"content-length: 5\r\n" + CHUNKED) + CHUNKS,
        "two lengths": patch(LENGTH + b"content-length: 15\r\n", BODY),
        "the same length twice": patch(LENGTH * 2, BODY),
        **lengths(b"14, 14", b"14, 15", b"+14", b"-14", b"0xe", b"1_4", b"1 4", b"14.0", b""),
        **lengths(b"e", b"\xb2", b"14;", b"\x0b14", b"14\x0c", b"9" * 23, b"18446744073709551630"),
        **lengths(b"1\r\n 4"),
        **codings(b"identity", b"xchunked", b"gzip", b"chunked, identity", b"chunked, chunked"),
        **codings(b"chunked\t", b"\x0bchunked", b"chunked;q=1", b'"chunked"', b"", b"chunked,"),
        **codings(b"chunked\x00", b"chunk\x00ed", b"\xffchunked", b"chun ked", b"\r\n chunked"),
        "chunked twice": patch(CHUNKED * 2, CHUNKS),
        "chunked and identity": patch(CHUNKED + b"transfer-encoding: identity\r\n", CHUNKS),
        "chunked behind a space": patch(b"transfer-encoding : chunked\r\n", CHUNKS),
        "chunked behind LF": patch(b"a: b\n" + CHUNKED, CHUNKS),
        "chunked behind CR": patch(b"a: b\r" + CHUNKED, CHUNKS),
        "chunked in 1.0": patch(CHUNKED, CHUNKS, b"1.0"),
        **chunks(b"e;a\n\r\n", b"e;a\rb\r\n", b"e;\x00\r\n", b'e;a="\n"\r\n', b"e;\n", b"-e\r\n"),
        **chunks(b"+e\r\n", b"0xe\r\n", b"0_e\r\n", b" e\r\n", b"e \r\n", b"e ;a\r\n", b"e\t\r\n"),
        **chunks(
            b"1" + b"0" * 14 + b"0e\r\n", b"1" + b"0" * 40 + b"e\r\n", b"\r\n", b"e\n", b"e\r"
        ),
        **chunks(b"f\r\n", b"d\r\n", b"g\r\n"),
        **rests(b"0\r\n\r\n", b"\n0\r\n\r\n", b"\r0\r\n\r\n", b"XX\r\n0\r\n\r\n"),
        **rests(b"\r\n0\n\r\n", b"\r\n0\r\n\n"),
        **trailers(b"content-length: 5\r\n", CHUNKED, b"connection: close\r\n", b"a b\r\n"),
        **trailers(b"a : b\r\n", b"a: b\n", b"a: \x00\r\n", b"a: b\r\n c\r\n", get()),
        **headers(b"a: \x00\r\n", b"a\x00: b\r\n", b"a: \x01\r\n", b"a: \x7f\r\n", b"a: \x0b\r\n"),
        **headers(b"a: b\rc: d\r\n", b"a: b\r\r\n", b"a: b\nc: d\r\n", b"a: b\r\n c\r\n"),
        **headers(b"a: b\r\n\tc\r\n", b"a : b\r\n", b"a\t: b\r\n", b": b\r\n", b"abc\r\n"),
        **headers(b" a: b\r\n", b"a(b: c\r\n", b"a@: c\r\n", b"a\xff: c\r\n", b"\ra: b\r\n"),
        **hosts(b"", HOST * 2, HOST + b"host: other\r\n", b"host: a b\r\n", b"host: a/b\r\n"),
        **hosts(b"host: a@b\r\n", b"host: \xff\r\n", b"host: a#b\r\n", b"host: a?b\r\n"),
        **hosts(b"host: <a>\r\n", b"host: a\tb\r\n", b"host: a\\b\r\n", b" a: b\r\n" + HOST),
        "1.0 with two hosts": get(HOST, b"GET /users/1 HTTP/1.0\r\n"),
        **lines(b"get /users/1 HTTP/1.1", b"Get /users/1 HTTP/1.1", b"FOO /users/1 HTTP/1.1"),
        **lines(b"G@T /users/1 HTTP/1.1", b"G!T /users/1 HTTP/1.1", b" /users/1 HTTP/1.1"),
        **lines(b"GET /users/1", b"GET /users/1 ", b"GET /users/1 HTTP/2.0"),
        **lines(b"GET /users/1 HTTP/0.9", b"GET /users/1 HTTP/1.2", b"GET /users/1 HTTP/3.0"),
        **lines(b"GET /users/1 HTTP/1.10", b"GET /users/1 HTTP/1.", b"GET /users/1 HTTP/01.1"),
        **lines(b"GET /users/1 http/1.1", b"GET /users/1 HTTP 1.1", b"GET /users/1 HTTP/1.1x"),
        **lines(b"GET /users/1 HTTP/1.1 ", b"GET\t/users/1\tHTTP/1.1", b"GET /a b HTTP/1.1"),
        **lines(b"GET /users/1\x00 HTTP/1.1", b"GET /users/1\x01 HTTP/1.1"),
        **lines(b"GET /users/1\x7f HTTP/1.1", b"GET /users/\xff HTTP/1.1", b"GET /a\t HTTP/1.1"),
        **lines(b"GET /users/1\r HTTP/1.1", b"GET users/1 HTTP/1.1", b"GET ?a HTTP/1.1"),
        **lines(b"GET http:///users/1 HTTP/1.1", b"GET http://test:99999/users/1 HTTP/1.1"),
        **lines(b"GET test:80 HTTP/1.1", b"CONNECT test:80 HTTP/1.1", b"CONNECT /users/1 HTTP/1.1"),
        **lines(b"PRI * HTTP/1.1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n"),
        **ends(lf=BARE_LF, lf_first=GET[:-2] + b"\n" + HOST + b"\r\n", lf_last=GET + HOST + b"\n"),
        **ends(cr_last=GET + HOST + b"\r", crcrlf=get().replace(b"\r\n", b"\r\r\n")),
        **ends(space_before=b" " + get(), nul_before=b"\x00" + get(), tls=b"\x16\x03\x01\x02\x00"),
    },
}
