"""What WSGI says of a request."""

import sys
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import httptools

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_WITHOUT_PREFIX = {"CONTENT_TYPE", "CONTENT_LENGTH"}
_KNOWN_NAMES = 1024


def base_environ(
    server: tuple[str, int | None] | None, client: tuple[str, int] | None, *, workers: int
) -> "WSGIEnvironment":
    """Return what is the same for all requests of a connection."""
    host, port = server or ("", None)
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": workers > 1,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }


def add_target(environ: "WSGIEnvironment", target: bytes) -> None:
    """Add path and query of a target that begins with its path."""
    path, _, query = target.partition(b"?")
    environ["RAW_URI"] = target.decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")


def add_headers(environ: "WSGIEnvironment", headers: list[tuple[bytes, bytes]]) -> None:
    """Add the headers; those that come more than once are joined."""
    for name, value in headers:
        key = _key_of(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text


def origin_form(target: bytes) -> bytes:
    """Return a target as most are, beginning with its path, without what only clients use.

    Raises:
        httptools.HttpParserInvalidURLError: it has no path, such as `*`.
    """
    if target.startswith(b"/") and b"#" not in target:
        return target
    url = httptools.parse_url(target)
    path = url.path or b"/"
    return path if url.query is None else b"%b?%b" % (path, url.query)


@lru_cache(_KNOWN_NAMES)
def _key_of(name: bytes) -> str | None:
    """Return the key of a header; None for `x_a`, which would pass for `x-a`."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
