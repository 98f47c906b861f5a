"""CORS: which other origins' pages may read responses, https://fetch.spec.whatwg.org/#http-cors-protocol.

It knows no web flavour. Where no origin is set there is no `Cors`, and no request is asked for its.
"""

from http import HTTPStatus
from typing import NamedTuple, Self

from hotpath.http.problems import MEDIA_TYPE, problem
from hotpath.settings import ServerSettings

Header = tuple[str, str]

_ALLOW_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
"""Of every path: a method that it does not have is 405, with the headers that let a page see so."""

_EXPOSED = (
    "allow, etag, link, location, ratelimit, ratelimit-policy, retry-after, server-timing, "
    "x-process-time, x-profile-location, x-profile-refused, x-request-id"
)
_MAX_AGE_S = "600"
_VARY: Header = ("vary", "origin")
_VARY_OF_PREFLIGHT: Header = (
    "vary",
    "origin, access-control-request-method, access-control-request-headers",
)
_REFUSED = "Requests of this origin are not allowed."


class Preflight(NamedTuple):
    """The response to a preflight request, without what `Cors.headers` adds to every response."""

    status: HTTPStatus
    headers: tuple[Header, ...]
    body: bytes


class Cors:
    """The origins that may read responses, and what responses say of it."""

    def __init__(self, origins: tuple[str, ...], *, allow_credentials: bool = False) -> None:
        credentials = (("access-control-allow-credentials", "true"),) if allow_credentials else ()
        more = (*credentials, ("access-control-expose-headers", _EXPOSED))
        vary = () if origins == ("*",) else (_VARY,)
        self._headers_by_origin = {
            each: (("access-control-allow-origin", each), *more, *vary) for each in origins
        }
        self._default = self._headers_by_origin.get("*", (_VARY,))
        self._lines_by_origin = {
            origin.encode(): _lines(headers) for origin, headers in self._headers_by_origin.items()
        }
        self._default_lines = _lines(self._default)

    @classmethod
    def of(cls, settings: ServerSettings) -> Self | None:
        """Return what the settings say, or None if no other origin may read responses."""
        origins = settings.allowed_origins
        return cls(origins, allow_credentials=settings.cors_credentials) if origins else None

    def headers(self, origin: str | None) -> tuple[Header, ...]:
        """Return what is added to a response to a request of an origin; None if it names none."""
        return self._headers_by_origin.get(origin or "", self._default)

    def lines(self, origin: bytes | None) -> bytes:
        """Return the same as it is sent."""
        return self._lines_by_origin.get(origin or b"", self._default_lines)

    def preflight(self, origin: str, requested_headers: str | None) -> Preflight:
        """Return the response to a preflight request, which is the same for every path.

        Args:
            origin: `Origin`.
            requested_headers: `Access-Control-Request-Headers`; all of them are allowed.
        """
        if self.headers(origin) == (_VARY,):
            body = problem(HTTPStatus.FORBIDDEN, _REFUSED)
            headers = (("content-type", MEDIA_TYPE), ("content-length", str(len(body))))
            return Preflight(HTTPStatus.FORBIDDEN, headers, body)
        asked = (("access-control-allow-headers", requested_headers),) if requested_headers else ()
        allowed = ("access-control-allow-methods", _ALLOW_METHODS)
        max_age = ("access-control-max-age", _MAX_AGE_S)
        headers = (allowed, *asked, max_age, _VARY_OF_PREFLIGHT)
        return Preflight(HTTPStatus.NO_CONTENT, headers, b"")


def _lines(headers: tuple[Header, ...]) -> bytes:
    return b"".join(b"%b: %b\r\n" % (name.encode(), text.encode()) for name, text in headers)
