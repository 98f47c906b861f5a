"""What a server responds before the application hears of a request: a status and a sentence."""

from functools import lru_cache
from http import HTTPStatus

from hotpath.http.problems import BODY_INVALID, MEDIA_TYPE, problem, problem_headers

Refusal = tuple[HTTPStatus, str]

TOO_LARGE = (
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The headers of the request are too many, or too large.",
)
NOT_HTTP = (HTTPStatus.BAD_REQUEST, BODY_INVALID)
UNKNOWN_CODING = (HTTPStatus.NOT_IMPLEMENTED, "The only transfer coding is chunked.")
NO_HOST = (HTTPStatus.BAD_REQUEST, "A request needs one valid Host header.")
SLOW = (HTTPStatus.REQUEST_TIMEOUT, "The rest of the request did not come in time.")
BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, "There are too many requests; try again soon.")
STOPPED = (HTTPStatus.SERVICE_UNAVAILABLE, "The service stops; try again.")


@lru_cache
def rendered(
    status: HTTPStatus, detail: str, *, is_last: bool, is_head: bool
) -> tuple[bytes, bytes]:
    """Return the first line of a response, and what follows its date."""
    body = problem(status, detail)
    headers = {
        "content-type": MEDIA_TYPE,
        **problem_headers(status),
        "content-length": str(len(body)),
        **({"connection": "close"} if is_last else {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode(),
        lines.encode() + b"\r\n" + body * (not is_head),
    )
