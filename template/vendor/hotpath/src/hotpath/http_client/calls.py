"""A call to another service, its response, and how long it may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypedDict, TypeVar
from urllib.parse import quote, urlencode

import orjson
from pydantic import BaseModel, ValidationError

from hotpath.http_client.errors import InvalidResponse
from hotpath.observability.request_context import deadline

M = TypeVar("M", bound=BaseModel)

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be repeated, as RFC 9110 has it."""

SUCCESS = 2
SERVER_ERROR = 500
_PATH = "/%:@!$&'()*+,;=~"


class CallOptions(TypedDict, total=False):
    """What a call may have."""

    params: Mapping[str, Any]
    """The query; a list is a repeated parameter."""
    headers: Mapping[str, str]
    """Beside those of this client."""
    json: Any
    """The body, as JSON."""
    body: bytes
    """The body, as it is."""
    timeout_s: float
    """Seconds for the whole call, in place of the setting's."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    ends_at: float
    """When it has to be over, on the clock of `perf_counter`."""

    @property
    def is_idempotent(self) -> bool:
        """Whether it may be sent twice."""
        return self.method in IDEMPOTENT

    def remaining_s(self) -> float:
        """Return the seconds that are left; 0 or less if none are."""
        return self.ends_at - perf_counter()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response that was read to its end."""

    dependency: str
    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes

    def parsed(self, model: type[M]) -> M:
        """Return the body, which has to be JSON, as a Pydantic model.

        Raises:
            InvalidResponse: it is none, or the status is not 2xx; clients get 502.
        """
        if self.status // 100 != SUCCESS:
            raise self._invalid(f"with the status {self.status}")
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise self._invalid(f"with no {model.__name__}") from error

    def _invalid(self, what: str) -> InvalidResponse:
        message = f"{self.dependency} answered {what}"
        return InvalidResponse(self.dependency, message, "invalid", message)


def make_call(method: str, base_url: str, path: str, limit_s: float, options: CallOptions) -> Call:
    """Return what is sent.

    Args:
        path: Begins with a slash; what is not allowed in a path, ? and # too, is quoted.
        limit_s: Seconds, unless the options or the request that is handled have less.
    """
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is no path: it has to start with /")
    headers = {name.lower(): value for name, value in options.get("headers", {}).items()}
    body = options.get("body")
    if "json" in options:
        body = orjson.dumps(options["json"])
        headers.setdefault("content-type", "application/json")
    url = base_url + quote(path, safe=_PATH)
    if query := urlencode(options.get("params", {}), doseq=True):
        url += f"?{query}"
    ends_at = perf_counter() + time_allowed_s(options.get("timeout_s", limit_s))
    return Call(method.upper(), url, headers, body, ends_at)


def time_allowed_s(limit_s: float) -> float:
    """Return the seconds that a call may take: the limit, or what its request has left if less."""
    return min(limit_s, deadline() - perf_counter())
