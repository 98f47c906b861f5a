"""What the head of a request says of itself: its size, its target, and why it may be refused."""

import re
from collections.abc import Sequence

import httptools

from hotpath.server.refusals import NO_HOST, NOT_HTTP, UNKNOWN_CODING, Refusal

Headers = Sequence[tuple[bytes, bytes]]
"""Names, in lower case, and values."""

BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
"""What says that a body follows."""

_FRAMING = BODY_HEADERS | {b"connection", b"upgrade"}

_host = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*", re.ASCII).fullmatch


def size_of(target: bytes, headers: Headers) -> int:
    """Return the bytes of target and headers as they were sent."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


def refusal_of(version: str, headers: Headers) -> Refusal | None:
    """Return why a request is refused, or None.

    As RFC 9112 wants it: version 1.1 or 1.0 (2.3), a Host that is valid, or none before 1.1 (3.2),
    and of transfer codings chunked alone, not before 1.1 (6.1, 6.3).
    Cost: 50 ns a header.
    """
    hosts = []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            return _rare_refusal_of(version, headers)
    if len(hosts) == 1 and version == "1.1":
        return None if _host(hosts[0]) else NO_HOST
    return _rare_refusal_of(version, headers)


def _rare_refusal_of(version: str, headers: Headers) -> Refusal | None:
    """Return the same for any head."""
    hosts = [value for name, value in headers if name == b"host"]
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if version not in ("1.1", "1.0"):
        return NOT_HTTP
    if len(hosts) > 1 or not all(map(_host, hosts)) or (not hosts and version == "1.1"):
        return NO_HOST
    if not codings or (codings == [b"chunked"] and version == "1.1"):
        return None
    # How long a body is that does not end with chunks, is not known.
    is_chunked = codings[-1].rpartition(b",")[2].lstrip(b" \t") == b"chunked"
    return UNKNOWN_CODING if is_chunked and version == "1.1" else NOT_HTTP


def is_framing(name: bytes) -> bool:
    """Tell whether a header says where a message ends, or what follows it: none for a trailer."""
    return name.lower() in _FRAMING


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
