"""Requests that the flavours, or hot routes and the framework, might read differently, by rule."""

from collections.abc import Iterable, Mapping

HEAD = b"Host: test\r\nConnection: close\r\n"
JSON = b"Content-Type: application/json\r\n"
TASK = "/tasks/" + "a" * 32


def request(
    target: str | bytes, method: str = "GET", headers: bytes = b"", body: bytes | None = None
) -> bytes:
    """Return a request; text becomes Latin-1, so that a target may have any bytes."""
    if body is None and method in {"POST", "PATCH", "PUT"}:
        body = b""
    if body is not None:
        headers += b"Content-Length: %d\r\n" % len(body)
    path = target.encode("latin-1") if isinstance(target, str) else target
    line = b"%b %b HTTP/1.1\r\n" % (method.encode("latin-1"), path)
    return line + HEAD + headers + b"\r\n" + (body or b"")


def gets(*targets: str) -> list[bytes]:
    return [request(target) for target in targets]


def queries(*texts: str, path: str = "/users") -> list[bytes]:
    return gets(*(f"{path}?{text}" for text in texts))


SLASHES = gets(
    *("/", "//", "/users/", "//users", "/users//", "/users//1", "/users/1/", "/users/1//posts"),
    *("/./users", "/users/../users", "/users/.", "/users/..", "/users/1/../2", "/users\\1"),
    *("//healthz", "/healthz/", "//debug/pools", "/debug/", "/users/1/posts/", "///users/1"),
)
ESCAPES = gets(
    *("/users/1%2F2", "/users/1%2f", "/users%2F1", "/%2Fusers", "/users/%31", "/%75sers/1"),
    *("/users/1%20", "/users/%", "/users/%2", "/users/%zz", "/users/%00", "/users/%ff", "/%ff"),
    *("/users/\xff", "/users/\xc3\xa9", "/users/%C3%A9", "/users/%D9%A1", "/users/%E2%80%8B1"),
    *("/users/1%0A", "/users%0A", "/healthz%0A", "/docs%0A", "/users/stats%0A", "/users/bulk%0A"),
    *("/users/stat%73", "/users/1%3Fx", "/users/1%23", "/users/1%25", "/users/%2531", TASK + "%0A"),
)
TARGETS = gets(
    *("/users/1?", "/users/1#x", "/users#x", "/users?limit=1#x", "/users?limit=1%23x", "/?", "*"),
    *("http://h/users/1", "http://h/users/1?x=1", "https://h/users/1", "HTTP://h//users"),
    *("http://u:p@h:1/users/1", "users/1", "?limit=1", "#", "/users/1;x", "/users/+1", "/users/1+"),
    *("/users/" + "1" * 100, "/users/" + "a" * 3000, "/" + "a/" * 1900, '/users/1"', "/users/1|2"),
    *("/users/{user_id}", "/users/<user_id>", "/users/1^", "/users/~1", "/HEALTHZ", "/healthz?x"),
)
INTEGERS = [
    *gets("/users/1.0", "/users/1e0", "/users/1_0", "/users/-0", "/users/0", "/users/007"),
    *gets("/users/9223372036854775807", "/users/9223372036854775808", "/users/x/posts?x=1"),
    *queries("limit", "limit=", "limit=1.0", "limit=1.5", "limit=1e1", "limit=+1", "limit=%2B1"),
    *queries("limit=%201", "limit=1%20", "limit=01", "limit=1_0", "limit=-1", "limit=0"),
    *queries("limit=201", "limit=%D9%A1", "limit=\xd9\xa1", "limit=" + "1" * 1000, "limit=%31"),
]
REPEATED = [
    *queries("limit=1&limit=2", "limit=2&limit=1", "limit=1&limit=x", "limit=x&limit=1"),
    *queries("status=active&status=banned", "count=true&count=false", "include=posts&include=x"),
    *queries("x=1&x=2", "created_after=0.5&created_after=2020-01-01T00:00:00Z"),
    *queries("format=json&format=ndjson", "format=ndjson&format=json", path="/users/export"),
]
PARAMETERS = [
    *queries("", "&&&", "limit=1&&", "&limit=1", "=", "=1", "limit==1", "limit=1;count=true", "x"),
    *queries("Limit=1", "limit[]=1", "%6Cimit=1", "limit%3D1", "limit=%", "limit=%zz", "%ff=1"),
    *queries("limit=%ff", "limit=\xff", "\xff=1", "x=%ff", "limit=1&%00=1", "limit=1?limit=2"),
    *queries("status=", "status=Active", "status=act+ive", "status=%61ctive", "status=active%20"),
    *queries("count=true", "count=True", "count=1", "count=on", "count=y", "count=2", "count="),
    *queries("count=1.0", "count=%20true", "include=", "include=posts,posts", "order=+created_at"),
    *queries("order=-created_at", "order=", "cursor=", "cursor=x", "cursor=%ff", "cursor=%00"),
    *queries("&".join(f"x{each}=1" for each in range(300)), "x=" + "a" * 3000),
    *queries("x=1", "x=%ff", "x", path="/users/stats"),
    *queries("format", "format=", "format=xml", "format=js+on", "x=1", path="/users/export"),
    *queries("limit=1.0", "x=1", "cursor=%ff", path="/users/1/posts"),
]
TIMES = queries(
    *(
        f"created_after={text}"
        for text in (
            *(
                "",
                "0.5",
                "0",
                "1",
                "-1",
                "1e3",
                "1e300",
                "inf",
                "nan",
                "-inf",
                "0.5Z",
                "2020-01-01",
            ),
            *("2020-01-01T00:00:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00z"),
            *("2020-01-01+00:00:00Z", "2020-01-01%2000:00:00Z", "2020-01-01T00:00:00+02:00"),
            *("2020-01-01T00:00:00%2B02:00", "2020-01-01T00:00:00.1234567Z", "1577836800.5"),
            *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "1577836800000"),
        )
    )
)
PATHS = (
    *("/users", "/users/bulk", "/users/stats", "/users/export", "/users/3", "/users/x"),
    *("/users/3/posts", "/users/3/welcome", "/users/x/welcome", "/healthz", "/readyz", "/nothing"),
    *("/", "/openapi.json", "/docs", "/redoc", "/debug/pools", "/debug/nothing", TASK, "//users"),
)
METHODS = [
    request(path, method)
    for path in PATHS
    for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "PROPFIND", "get", "Get", "FOO", "CONNECT")
] + [
    request(path, method)
    for path in ("/users/bulk", "/users/stats", "/users/export", "/users", "/healthz", "/users/x")
    for method in ("GET", "POST", "PATCH", "DELETE")
]
BODY = b'{"name":"Z"}'
_TYPES = (
    *(b"application/json; charset=utf-8", b"application/json; charset=latin-1", b"text/json"),
    *(b"application/json;charset=nonsense", b"APPLICATION/JSON", b"application/vnd.api+json"),
    *(b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b""),
    *(b"json", b"application/", b";", b"application/json;", b'"application/json"', b"*/*"),
    *(b"application/json,application/json", b"application/json x", b"application/*+json"),
    *(b"application / json", b"application/jsonx", b"\xff/json", b"application/json;\xff"),
    *(b"image/x+json", b"application/json\t", b"application/json/x", b"text/vnd.x+json"),
)
_HEADERS = (b"", *(b"Content-Type: %b\r\n" % each for each in _TYPES))
CONTENT_TYPES = [
    each
    for headers in _HEADERS
    for each in (
        request("/users/4", "PATCH", headers, BODY),
        request("/users/bulk", "PATCH", headers, b'[{"id":4,"name":"Z"}]'),
        request("/users", "POST", headers, BODY),
    )
]
REPEATED_HEADERS = [
    request("/users/5", headers=b"If-None-Match: a\r\nIf-None-Match: *\r\n"),
    request("/users/5", headers=b"If-None-Match: *\r\nIf-None-Match: a\r\n"),
    request("/users/5", headers=b"X-Request-ID: a\r\nX-Request-ID: b\r\n"),
    request("/users/5", headers=b"If_None_Match: *\r\n"),
    request("/debug/pools", headers=b"Authorization: Bearer x\r\nAuthorization: Bearer y\r\n"),
    *(
        request("/users/4", "PATCH", b"Content-Type: %b\r\nContent-Type: %b\r\n" % pair, BODY)
        for pair in (
            (b"application/json", b"application/json"),
            (b"application/json", b"text/plain"),
            (b"text/plain", b"application/json"),
        )
    ),
]
_BODIES = (
    *(b"", b" ", b"null", b"[]", b"{}", b"1", b'"x"', b"{", b"{} {}", b"NaN", b"\x00", b"true"),
    *(
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"email":"\xff"}',
        b'{"name":"\\ud800"}',
        b'{"name":"\\u0000"}',
    ),
    *(b'{"name":NaN}', b'{"name":1e400}', b'{"name":"A","name":"B"}', b'{"name":"A"}x'),
    *(b"[" * 100_000, b'{"a":' * 1000, b"1" * 5000),
    *("{}".encode("utf-16"), "[]".encode("utf-32")),
    *(b'{"name":"A","x":1}', b'{"name":"A",}', b'[{"id":1}]', b'[{"id":"1","name":"A"}]', b"[1]"),
    *(b'[{"id":1,"name":"A"},{"id":1,"name":"A"}]', b"[%b]" % b",".join([b"{}"] * 30)),
    b'{"name":"%b"}' % (b"x" * 300_000),
)
BODIES = [
    request(path, method, JSON, body)
    for body in _BODIES
    for path, method in (
        *(("/users", "POST"), ("/users/4", "PATCH"), ("/users/x", "PATCH")),
        *(("/users/bulk", "POST"), ("/users/bulk", "PATCH"), ("/users/x/posts", "POST")),
    )
] + [
    request("/users/4", "GET", JSON, b"{}"),
    request("/users/4", "GET", JSON, b"x" * 300_000),
    request("/nothing", "POST", JSON, b"x" * 300_000),
    request("/users/999", "DELETE", JSON, b"{}"),
    request("/users/999/welcome", "POST", JSON, b"{"),
]
HEADS = [
    request(target, "HEAD", headers)
    for target in ("/users/5", "/users?limit=1", "/users/x", "/users/export", "/users/999", "/docs")
    for headers in (b"", b"If-None-Match: *\r\n", b"Range: bytes=0-1\r\n")
]

REQUESTS_BY_RULE: Mapping[str, Iterable[bytes]] = {
    "slashes": SLASHES,
    "escapes": ESCAPES,
    "targets": TARGETS,
    "integers": INTEGERS,
    "repeated parameters": REPEATED,
    "parameters": PARAMETERS,
    "times": TIMES,
    "methods": METHODS,
    "content types": CONTENT_TYPES,
    "repeated headers": REPEATED_HEADERS,
    "bodies": BODIES,
    "head": HEADS,
}

_STATUS_BY_TARGET = {
    **dict.fromkeys(("//users", "/users/", "/users/../users", "/HEALTHZ", "/users/1%2F2"), 404),
    **dict.fromkeys(("/users%0A", "/healthz%0A", "/redoc", "http://h//users"), 404),
    **dict.fromkeys(("/users%2F1", "/users/%31", "/users/1#x", "http://h/users/1"), 200),
    **dict.fromkeys(("/users/1?x=1", "/healthz?x=1", "/users?limit=+1", "/users?limit=%2B1"), 200),
    **dict.fromkeys(("/users?limit=x&limit=2", "/users?limit=01", "/users?limit=1.0"), 200),
    **dict.fromkeys(("/users?count=TRUE", "/users?count=on", "/users?count=n", "/users?"), 200),
    **dict.fromkeys(("/users/%ff", "/users/%zz", "/users?limit=2&limit=x", "/users?x=1"), 422),
    **dict.fromkeys(("/users?limit=1;count=true", "/users?limit=", "/users?limit"), 422),
    **dict.fromkeys(("/users?limit=1.5", "/users?limit=1e1", "/users?count=2"), 422),
    **dict.fromkeys(("/users?created_after=0.5", "/users?created_after=1577836800"), 422),
    "/users?created_after=2020-01-01T00:00:00": 422,
    "/users?created_after=2020-01-01T00:00:00Z": 200,
}
_LD = b"Content-Type: application/ld+json; charset=latin-1\r\n"
STATUS_BY_REQUEST: Mapping[bytes, int] = {
    **{request(target): status for target, status in _STATUS_BY_TARGET.items()},
    request("/users", "TRACE"): 405,
    request("/users/stats", "DELETE"): 405,
    request("/users/bulk"): 405,
    request("/users/1", "HEAD"): 200,
    request("/users/1", "GET", JSON, b"x"): 200,
    request("/users/4", "PATCH", JSON, BODY): 200,
    request("/users/4", "PATCH", _LD, BODY): 200,
    request("/users/4", "PATCH", JSON, BODY.decode().encode("utf-16")): 200,
    request("/users/4", "PATCH", b"", BODY): 422,
    request("/users/4", "PATCH", b"Content-Type: text/plain\r\n", BODY): 422,
}
"""The rules of `template/vendor/hotpath/docs/http.md`, row by row."""
