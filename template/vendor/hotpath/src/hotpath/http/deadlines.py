"""The time a request may take: `request_timeout_s`, or less if the client says so."""

import re
from http import HTTPStatus
from math import inf

HEADER = "X-Request-Timeout"
LATE = (HTTPStatus.GATEWAY_TIMEOUT, "The request took longer than it may.")
INVALID = (HTTPStatus.BAD_REQUEST, f"{HEADER} must be seconds, such as 0.5.")

_UNLIMITED = "/debug"
_is_number = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII).fullmatch


class InvalidTimeout(ValueError):
    """The header is no number above 0."""


def timeout_of(path: str, sent: str | None, most_s: float) -> float:
    """Return the seconds that a request may take, from when its body is there.

    `/debug` has none: a profile takes its time.

    Args:
        sent: The header `X-Request-Timeout`.
        most_s: `request_timeout_s`.

    Raises:
        InvalidTimeout: the header is no number above 0.
    """
    if path.startswith(_UNLIMITED):
        return inf
    if sent is None:
        return most_s
    if not (_is_number(sent) and float(sent) > 0):
        raise InvalidTimeout(sent)
    return min(float(sent), most_s)
