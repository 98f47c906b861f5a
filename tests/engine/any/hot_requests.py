"""Requests to the features' routes, hot and others, good and bad. Add yours here."""

import httpx2
from hotpath.testing.hot_routes import JSON, HotRequest, get, post

TAKEN = "taken@example.com"
DEEP = 100_000

_IDS = (
    *(
        "1",
        "2",
        "999999",
        "0",
        "-1",
        "+1",
        "1.0",
        "1e0",
        "007",
        "1_0",
        "abc",
        "%31",
        "1%20",
        "%201",
    ),
    *(
        "%D9%A1",
        "%C3%A9",
        "%ff",
        "1%2F2",
        "9223372036854775807",
        "9223372036854775808",
        "1/",
        "1//",
    ),
    *("1?x=1", "1;x", "export?x=1", "bulk", "~", "." * 300),
)
_QUERIES = (
    *(
        "",
        "limit=1",
        "limit=%31",
        "limit=0",
        "limit=201",
        "limit=",
        "limit=x",
        "limit=1.0",
        "limit",
    ),
    *("limit=1&limit=2", "limit=2&", "&&", "limit=1;count=true", "unknown=1", "Limit=1"),
    *("status=active", "status=Active", "status=", "count=true", "count=1", "count=maybe"),
    *("include=posts", "include=users", "cursor=", "cursor=x", "cursor=%ff", "cursor=%00"),
    *("created_after=2020-01-01T00:00:00Z", "created_after=2020-01-01T00:00:00%2B02:00"),
    *("created_after=2020-01-01T00:00:00+02:00", "created_after=2020-01-01", "created_after=1"),
)
_NEW = b'{"email": "%s", "name": "A"}'
_BODIES: tuple[bytes | tuple[bytes, ...], ...] = (
    _NEW % TAKEN.encode(),
    *(_NEW % email for email in (b"", b"x", b"a@b", b"\\ud800@example.com", b"\xff@example.com")),
    *(b"", b" ", b"null", b"[]", b"{}", b"1", b'"text"', b"{", b"{} {}", b"NaN", b"\x00"),
    b'{"email": "a@example.com", "name": "A", "extra": 1}',
    b'{"email": "a@example.com", "name": NaN}',
    b'{"email": "a@example.com", "name": 1}',
    b'{"email": "a@example.com", "name": "A", "status": "unknown"}',
    b'{"name": "B", "email": "x", "email": "%s", "name": "A"}' % TAKEN.encode(),
    b"\xef\xbb\xbf" + _NEW % TAKEN.encode(),
    (_NEW % TAKEN.encode()).decode().encode("utf-16"),
    b"[" * DEEP,
    b'{"email": "%s", "name": "%s"}' % (TAKEN.encode(), b"x" * 300_000),
    (b'{"email": "taken@', b'example.com", "name": "A"}'),
    (b'{"email": "taken@', b'example.com", '),
)
_CHANGES = (
    b"",
    b"{}",
    b"[]",
    b'{"name": "A"}',
    b'{"name": 1}',
    b'{"email": "%s"}' % TAKEN.encode(),
)
_TYPES = (
    *("application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"),
    *("text/plain", "application/x-www-form-urlencoded", "application/", "json", ";"),
)

REQUESTS = (
    *(get(f"/users/{text}") for text in _IDS),
    *(get("/users/1", if_none_match=text) for text in ("*", "x", '"x"', 'W/"x", *', "")),
    *(get(f"/users?{text}") for text in _QUERIES),
    *(get(f"/users/1/posts?{text}") for text in _QUERIES[:9]),
    *(get(f"/users/{text}/posts") for text in ("0", "999999", "x", "+1", "%31")),
    *(HotRequest("PATCH", "/users/2", JSON, body) for body in _CHANGES),
    *(post("/users", body) for body in _BODIES),
    *(post("/users", _NEW % TAKEN.encode(), kind) for kind in _TYPES),
    HotRequest("POST", "/users", {}, _NEW % TAKEN.encode()),
    HotRequest("POST", "/users/1", JSON, b"{}"),
    HotRequest("HEAD", "/users/1"),
    HotRequest("HEAD", "/users"),
    HotRequest("OPTIONS", "/users/1"),
    HotRequest("PUT", "/users/1", JSON, b"{}"),
)

HOT = frozenset({("GET", "/users/{user_id}"), ("GET", "/users"), ("POST", "/users")})
"""Method and template of the hot routes."""


def prepare(http: httpx2.Client) -> None:
    """Make what the requests are about."""
    for email in (TAKEN, "another@example.com"):
        http.post("/users", json={"email": email, "name": "A"}).raise_for_status()
