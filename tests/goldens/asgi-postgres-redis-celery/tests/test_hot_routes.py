"""Hot routes respond as the framework does, to good and bad input. Add requests to yours here."""

import pytest
from hotpath.testing.hot_routes import JSON, BothServers, HotRequest, get, post

TAKEN = "taken@example.com"
_NEW = b'{"email": "%s", "name": "A"}' % TAKEN.encode()

_IDS = ("1", "999999", "0", "-1", "+1", "1.0", "007", "1_0", "abc", "%31", "1%20", "%ff", "1/")
_QUERIES = (
    *("", "limit=1", "limit=%31", "limit=0", "limit=", "limit=x", "limit=1&limit=2", "unknown=1"),
    *(
        "status=active",
        "status=",
        "count=true",
        "count=1",
        "count=maybe",
        "include=posts",
        "order=-created_at",
    ),
    *("cursor=x", "cursor=%ff", "created_after=2020-01-01T00:00:00Z", "created_after=1"),
)
_BODIES: tuple[bytes | tuple[bytes, ...], ...] = (
    *(_NEW, b"", b"null", b"[]", b"{}", b"{", b"{} {}", b"NaN", b"\x00", b"\xef\xbb\xbf" + _NEW),
    b'{"email": "a@example.com", "name": "A", "extra": 1}',
    b'{"email": "a@example.com", "name": 1}',
    b'{"name": "B", "email": "x", "email": "%s", "name": "A"}' % TAKEN.encode(),
    b"[" * 100_000,
    (b'{"email": "taken@', b'example.com", "name": "A"}'),
)
_TYPES = ("application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "json", ";")

REQUESTS = (
    *(get(f"/users/{text}") for text in _IDS),
    *(get("/users/1", if_none_match=text) for text in ("*", "x", 'W/"x", *', "")),
    *(get(f"/users?{text}") for text in _QUERIES),
    *(post("/users", body) for body in _BODIES),
    *(post("/users", _NEW, content_type) for content_type in _TYPES),
    HotRequest("POST", "/users", {}, _NEW),
    HotRequest("HEAD", "/users/1"),
    HotRequest("OPTIONS", "/users/1"),
    HotRequest("PUT", "/users/1", JSON, b"{}"),
)


@pytest.fixture(scope="module")
def both(both_servers: BothServers) -> BothServers:
    """Return both servers, with what the requests are about."""
    both_servers.plain.post("/users", json={"email": TAKEN, "name": "A"}).raise_for_status()
    return both_servers


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_a_response_is_the_same_either_way(both: BothServers, request_: HotRequest) -> None:
    hot, plain = both.respond(request_)

    assert hot == plain
