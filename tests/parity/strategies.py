"""Any requests to the routes of the example: targets, methods, headers and bodies."""

import json
from typing import Any

from hypothesis import strategies as st

from .requests import JSON, request

VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")
ODD_TEXT = st.text(VISIBLE, max_size=12)
ODD_BYTES = st.binary(max_size=4).map(lambda data: "".join(f"%{byte:02X}" for byte in data))
_IDS = ("1", "2", "3", "4", "19", "20", "21", "22", "999", "0", "-1", "1.0", "x")
SEGMENTS = st.one_of(
    st.sampled_from(
        ("users", "bulk", "stats", "export", "posts", "welcome", "tasks", "healthz", "debug", "")
    ),
    st.sampled_from((*_IDS, ".", "..", "%2F", "%", "%31", "%00", "%ff", "+", "%20")),
    ODD_BYTES,
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#?/"), max_size=5
    ),
)
PATHS = st.one_of(
    st.sampled_from(("/users", "/users/bulk", "/users/stats", "/users/export", "/healthz")),
    st.sampled_from(_IDS).map("/users/{}".format),
    st.sampled_from(_IDS).map("/users/{}/posts".format),
    st.lists(SEGMENTS, max_size=5).map(lambda parts: "/" + "/".join(parts)),
)
NAMES = st.one_of(
    st.sampled_from(
        ("limit", "cursor", "status", "created_after", "order", "count", "include", "format", "x")
    ),
    ODD_BYTES,
)
VALUES = st.one_of(
    st.sampled_from(
        ("", "1", "2", "200", "0.5", "true", "no", "active", "banned", "posts", "json")
    ),
    st.sampled_from(("created_at", "-created_at", "2020-01-01T00:00:00Z", "1e3", "+1", "%2B1")),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    ODD_TEXT,
    ODD_BYTES,
)
PAIRS = st.one_of(st.tuples(NAMES, VALUES).map("=".join), NAMES, ODD_TEXT, st.just(""))
QUERIES = st.one_of(st.just(""), st.lists(PAIRS, max_size=4).map(lambda all: "?" + "&".join(all)))
METHODS = st.sampled_from(
    (
        *(["GET"] * 6 + ["POST"] * 3 + ["PATCH"] * 3),
        *("HEAD", "DELETE", "PUT", "OPTIONS", "TRACE", "PROPFIND", "get"),
    )
)
_TYPES = (
    *([b"application/json"] * 6 + [b"application/json; charset=utf-8"] * 2),
    *(b"text/plain", b"", b"application/", b"application/ld+json", b"APPLICATION/JSON"),
)
CONTENT_TYPES = st.sampled_from([b"", *(b"Content-Type: %b\r\n" % each for each in _TYPES)])
OTHER_HEADERS = st.sampled_from(
    [
        *[b""] * 6,
        b"If-None-Match: *\r\n",
        b"If-None-Match: x\r\nIf-None-Match: *\r\n",
        b"X-Request-ID: x\r\n",
        b"Range: bytes=0-1\r\n",
        b"Accept: text/plain\r\n",
        b"X-HTTP-Method-Override: DELETE\r\n",
    ]
)
_SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)
)
_FIELDS = st.one_of(
    st.sampled_from(("id", "email", "name", "status", "title", "body")), st.text(max_size=3)
)
_FIELD_VALUES = st.one_of(
    st.sampled_from(("a@example.com", "b@example.com", "A", "active", "x", 1, 2, 3)), _SCALARS
)
_ROWS = st.dictionaries(_FIELDS, _FIELD_VALUES, max_size=4)
BODIES = st.one_of(
    st.one_of(_ROWS, st.lists(_ROWS, max_size=3), _SCALARS).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=8),
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Return a request."""
    method = draw(METHODS)
    headers = draw(CONTENT_TYPES) + draw(OTHER_HEADERS)
    has_body = method in {"POST", "PATCH", "PUT"} or draw(st.integers(0, 9)) == 0
    body = draw(BODIES) if has_body else None
    if has_body and draw(st.booleans()):  # more of what is read further
        headers = JSON
    scheme = "http://host" if draw(st.integers(0, 19)) == 0 else ""
    return request(scheme + draw(PATHS) + draw(QUERIES), method, headers, body)
