"""Requests that are profiled, in WSGI."""

from collections.abc import Iterable, Iterator
from sys import _getframe
from typing import TYPE_CHECKING, Any

from hotpath.profiling.requests import RequestProfile, RequestProfiles
from hotpath.wsgi.middleware import SEND_BUFFERED, ExcInfo, Header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def begin_profile(profiles: RequestProfiles, environ: "WSGIEnvironment") -> RequestProfile | None:
    """Start to profile a request, if it may be, below the function that calls this one."""

    def header(name: str) -> str | None:
        value: str | None = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return value

    name = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}"
    return profiles.begin(name, header, _getframe(1), is_async=False)


def respond_profiled(
    profile: RequestProfile,
    app: "WSGIApplication",
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
) -> Iterable[bytes]:
    """Let `app` handle a request that is profiled, and tell where the profile is."""

    def start(status: str, headers: list[Header], error: ExcInfo | Any = None) -> Any:
        added = [] if profile.header is None else [profile.header]
        return start_response(status, [*headers, *added], error)

    environ.pop(SEND_BUFFERED, None)
    try:
        body = app(environ, start)
    except BaseException:
        profile.finish()
        raise
    if isinstance(body, tuple):  # it is in memory
        profile.finish()
        return body
    return _ProfiledBody(body, profile)


class _ProfiledBody:
    """A body whose profile ends with it."""

    def __init__(self, body: Iterable[bytes], profile: RequestProfile) -> None:
        self._body = body
        self._profile = profile

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._body)
        piece = next(pieces, None)
        while piece is not None:
            following = next(pieces, None)
            if following is None:  # so that the client finds the profile after the last piece
                self._profile.finish()
            yield piece
            piece = following

    def close(self) -> None:
        """Close the body."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._profile.finish()
