"""A request that is made to two servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class HotRequest:
    """What is sent; a body of pieces is sent without its length."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | tuple[bytes, ...] = b""


def get(path: str, **headers: str) -> HotRequest:
    """Return a GET."""
    return HotRequest("GET", path, {name.replace("_", "-"): text for name, text in headers.items()})


def post(path: str, body: bytes | tuple[bytes, ...], content_type: str = "") -> HotRequest:
    """Return a POST of JSON, or of what `content_type` says."""
    return HotRequest("POST", path, {"content-type": content_type} if content_type else JSON, body)
