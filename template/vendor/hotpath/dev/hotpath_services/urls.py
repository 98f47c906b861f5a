"""URLs of services that people set themselves, and how to show a URL."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from hotpath_services.service import ANSWER_WITHIN_S, HOST, ServerKind


def given_url(kind: ServerKind, project: Path) -> tuple[str, str] | None:
    """Return the service's URL and where it is set, if all settings that take it are set."""
    in_file = _read_variables(project / ".env")
    places = {"the environment": os.environ, ".env": {**in_file, **os.environ}}
    for place, variables in places.items():
        urls = [_find(name, variables) for name in kind.variables]
        if urls[0] and all(urls):
            return urls[0], place
    return None


def without_password(url: str) -> str:
    """Return the URL as it may be shown; a query may hold a password too, so it is cut off."""
    scheme, _, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    secret = ":***" if colon else ""
    return f"{scheme}://{user}{secret}{at}{place.partition('?')[0]}"


def is_reachable(url: str, usual_port: int) -> bool:
    """Whether something listens there; it may speak TLS, so it is not talked to."""
    try:
        parts = urlsplit(url)
        address = (parts.hostname or HOST, parts.port or usual_port)
        with socket.create_connection(address, timeout=ANSWER_WITHIN_S):
            return True
    except (OSError, ValueError):
        return False


def _find(name: str, variables: Mapping[str, str]) -> str | None:
    """Settings do not care about upper and lower case either."""
    return next((value for key, value in variables.items() if key.upper() == name), None)


def _read_variables(path: Path) -> dict[str, str]:
    """Read the `NAME=value` lines that are enough for a URL."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {name.strip(): _unquoted(value.strip()) for name, _, value in pairs}


def _unquoted(value: str) -> str:
    if value[:1] in {"'", '"'}:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
