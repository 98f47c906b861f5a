"""What the head of a request says of itself: its size, its host and its target."""

import re
from collections.abc import Sequence

import httptools

Headers = Sequence[tuple[bytes, bytes]]
"""Names, in lower case, and values."""

BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
"""What says that a body follows."""

_host = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*", re.ASCII).fullmatch


def size_of(target: bytes, headers: Headers) -> int:
    """Return the bytes of target and headers as they were sent."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


def has_one_host(version: str, headers: Headers) -> bool:
    """Tell whether the Host is as RFC 9112 3.2 wants it: one that is valid, or none before 1.1."""
    hosts = [value for name, value in headers if name == b"host"]
    if not hosts:
        return version != "1.1"
    return len(hosts) == 1 and _host(hosts[0]) is not None


def without_upgrade(parser: httptools.HttpRequestParser, target: bytes, headers: Headers) -> bytes:
    """Return a head as if no upgrade was offered: a server may ignore it, RFC 9110 7.8."""
    version = parser.get_http_version().encode()
    lines = [b"%b %b HTTP/%b" % (parser.get_method(), target, version)]
    for name, value in headers:
        if name == b"connection":
            options = [each for each in value.split(b",") if each.strip().lower() != b"upgrade"]
            lines.append(b"%b: %b" % (name, b",".join(options)))
        elif name != b"upgrade":
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def origin_form(target: bytes) -> bytes:
    """Return a target in origin form: path and query, without scheme, host and fragment.

    Raises:
        httptools.HttpParserInvalidURLError: it has no path, such as `*`.
    """
    if target.startswith(b"/") and b"#" not in target:
        return target
    url = httptools.parse_url(target)
    path = url.path or b"/"
    return path if url.query is None else b"%b?%b" % (path, url.query)
