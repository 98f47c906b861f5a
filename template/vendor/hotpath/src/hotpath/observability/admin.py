"""Who may see what a process does: those with a token."""

from base64 import b64decode
from binascii import Error
from hmac import compare_digest
from typing import Protocol

from hotpath.settings import ObservabilitySettings

CHALLENGE = 'Basic realm="debug", charset="UTF-8"'
"""`WWW-Authenticate` of the page that people open: the password is the token, the user anything."""


class Headers(Protocol):
    """The headers of a request, by name in any case."""

    def get(self, name: str, default: str, /) -> str:
        """Return a header, or `default`."""
        ...


_SAFE = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "same-site", "none"})


def is_bearer(token: str, authorization: str | None) -> bool:
    """Tell whether `Authorization: Bearer <token>` was sent; never while the token is empty."""
    scheme, _, sent = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and _is_same(token, sent)


def has_admin_token(settings: ObservabilitySettings, authorization: str | None) -> bool:
    """Tell whether `Authorization: Bearer <admin token>` was sent; never while no token is set."""
    return is_bearer(settings.admin_token.get_secret_value(), authorization)


def may_debug(settings: ObservabilitySettings, method: str, headers: Headers) -> bool:
    """Tell whether a request may see `/debug`: by the token, or from a browser by a password.

    A browser sends a password again by itself, with requests that other sites have it make, too:
    it counts for reading alone, and only if the browser does not tell of another site.

    Args:
        headers: Of the request.
    """
    authorization = headers.get("authorization", "")
    if has_admin_token(settings, authorization):
        return True
    is_own = headers.get("sec-fetch-site", "none") in _OWN_SITES
    token = settings.admin_token.get_secret_value()
    return method in _SAFE and is_own and _is_same(token, _password(authorization))


def may_scrape(settings: ObservabilitySettings, authorization: str | None) -> bool:
    """Tell whether a request may see `/metrics` on the port of the service."""
    token = settings.metrics_token.get_secret_value()
    return not settings.metrics_port and (not token or is_bearer(token, authorization))


def may_see(settings: ObservabilitySettings, method: str, path: str, headers: Headers) -> bool:
    """Tell whether a request may know that a path exists, which 405 would tell as well.

    Args:
        headers: Of the request.
    """
    if path == "/metrics":
        return may_scrape(settings, headers.get("authorization", ""))
    is_debug = path.startswith("/debug") and path[6:7] in ("", "/", ".")
    return not is_debug or may_debug(settings, method, headers)


def wants_login(settings: ObservabilitySettings, headers: Headers) -> bool:
    """Tell whether a request that may not see `/debug` is that of a browser, to be asked for a
    password: it asks for a page, and there is a token at all."""
    is_page = "text/html" in headers.get("accept", "")
    is_bearer = headers.get("authorization", "").lower().startswith("bearer")
    return bool(settings.admin_token.get_secret_value()) and is_page and not is_bearer


def _is_same(token: str, sent: str) -> bool:
    is_right = compare_digest(sent.encode(), token.encode())
    return bool(token) and is_right


def _password(authorization: str) -> str:
    """Return the password of Basic authentication; empty if there is none."""
    scheme, _, sent = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(sent, validate=True).decode().partition(":")[2]
    except (Error, ValueError):
        return ""
