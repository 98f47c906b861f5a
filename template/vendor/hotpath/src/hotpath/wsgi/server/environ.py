"""The WSGI environment of a request, built in three steps of which the first two are reused."""

import sys
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


Headers = list[tuple[bytes, bytes]]

_WITHOUT_PREFIX = {"CONTENT_TYPE", "CONTENT_LENGTH"}
_MAX_CACHED_NAMES = 1024


def base_environ(
    server: tuple[str, int | None] | None,
    client: tuple[str, int] | None,
    *,
    workers: int,
    root_path: str = "",
) -> "WSGIEnvironment":
    """Return the variables that all requests of a connection share."""
    host, port = server or ("", None)
    return {
        "SCRIPT_NAME": root_path,
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


def head_environ(
    base: "WSGIEnvironment", method: bytes, version: str, headers: Headers
) -> "WSGIEnvironment":
    """Return the variables that all requests with the same method and headers share.

    Headers that occur more than once are joined.
    """
    environ = base.copy()
    environ["REQUEST_METHOD"] = method.decode("ascii")
    environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
    for name, value in headers:
        key = _key_of(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def target_environ(head: "WSGIEnvironment", target: bytes) -> "WSGIEnvironment":
    """Return the environment of a request without its body; `target` starts with its path."""
    environ = head.copy()
    text = target.decode("latin-1")
    path, _, query = text.partition("?")
    environ["RAW_URI"] = text
    environ["QUERY_STRING"] = query
    environ["PATH_INFO"] = _unquoted(path) if "%" in path else path
    return environ


def _unquoted(path: str) -> str:
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


@lru_cache(_MAX_CACHED_NAMES)
def _key_of(name: bytes) -> str | None:
    """Return the variable of a header; None for `x_a`, which would be mistaken for `x-a`."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else f"HTTP_{key}"
