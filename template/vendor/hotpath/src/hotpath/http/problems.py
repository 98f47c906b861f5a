"""Errors as RFC 9457 problem details, the same in both web flavours."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

import orjson

MEDIA_TYPE = "application/problem+json"
BODY_INVALID = "This is no valid HTTP request."
BODY_TOO_SLOW = "The rest of the body did not come in time."
_RETRY_AFTER_S = "1"
_MAX_LISTED = 20
_JSON_NAMES: Mapping[type, str] = {dict: "object", list: "array"}
_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class WrongBody(Exception):
    """The body is not JSON of the `expected` type: dict for an object, list for an array."""

    def __init__(self, expected: type) -> None:
        super().__init__(expected)
        self.expected = expected


def problem(status: HTTPStatus, detail: str, **extra: Any) -> bytes:
    """Return the body of a problem."""
    content = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return orjson.dumps(content | extra)


def problem_headers(status: HTTPStatus) -> dict[str, str]:
    """Return the headers of a problem: 503 says when to try again."""
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": _RETRY_AFTER_S}
    return {}


def invalid_input(errors: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the problem of invalid input, with the fields at fault, up to 20.

    Args:
        errors: As Pydantic lists them; `loc` starts within the body, query or path.
    """
    detail = "The request has invalid values: see errors."
    if len(errors) > _MAX_LISTED:
        detail = f"The request has {len(errors)} invalid values: see errors for {_MAX_LISTED}."
    listed = [_field_error(error["loc"], error["msg"]) for error in errors[:_MAX_LISTED]]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=listed)


def wrong_body(expected: type) -> bytes:
    """Return the problem of a body that is not JSON of the `expected` type, dict or list."""
    message = f"The body must be a JSON {_JSON_NAMES[expected]}, sent as application/json."
    return invalid_input([{"loc": (), "msg": message}])


def body_too_large(max_bytes: int) -> bytes:
    """Return the problem of a body beyond the limit of its route."""
    detail = f"The body is larger than {max_bytes} bytes."
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def invalid_rows(status: HTTPStatus, detail: str, faults: Mapping[str, str]) -> bytes:
    """Return the problem of invalid rows, with up to 20 of them."""
    listed = [
        {"field": field, "message": message}
        for field, message in islice(faults.items(), _MAX_LISTED)
    ]
    return problem(status, detail, errors=listed)


def problem_responses(*statuses: int) -> dict[Any, Any]:
    """Describe the problems of an operation for OpenAPI; "default" is any other."""
    content = {MEDIA_TYPE: {"schema": _SCHEMA}}
    described = {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
    return {**described, "default": {"description": "Any other problem", "content": content}}


def _field_error(location: tuple[int | str, ...], message: str) -> dict[str, str]:
    field = ".".join(str(part) for part in location)
    return {"field": field, "message": message.removeprefix("Value error, ")}
