"""Errors as RFC 9457 problem details, the same for every framework."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = "1"
_NOT_AN_OBJECT = {"field": "", "message": "The body must be a JSON object."}
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


def problem(status: HTTPStatus, detail: str, **extra: Any) -> bytes:
    """Return the body of a problem."""
    content = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return orjson.dumps(content | extra)


def problem_headers(status: HTTPStatus) -> dict[str, str]:
    """Return the headers of a problem: a client may try again soon when the service is busy."""
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": _RETRY_AFTER_S}
    return {}


def invalid_input(errors: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the problem of bad input, naming every field at fault.

    Args:
        errors: As Pydantic lists them; `loc` starts within the body, query or path.
    """
    problems = [_field_error(error["loc"], error["msg"]) for error in errors]
    detail = "The request has invalid values: see errors."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=problems)


def body_is_no_object() -> bytes:
    """Return the problem of a body that is no JSON object."""
    detail = "The request has invalid values: see errors."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=[_NOT_AN_OBJECT])


def problem_responses(*statuses: int) -> dict[Any, Any]:
    """Describe the problems an operation answers with, for OpenAPI; "default" is any other."""
    content = {MEDIA_TYPE: {"schema": _SCHEMA}}
    described = {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
    return {**described, "default": {"description": "Any other problem", "content": content}}


def _field_error(location: tuple[int | str, ...], message: str) -> dict[str, str]:
    field = ".".join(str(part) for part in location)
    return {"field": field, "message": message.removeprefix("Value error, ")}
