"""Answers as the framework wants them."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response
from pydantic import BaseModel

from .answers import encode, etag_of, is_unchanged
from .problems import MEDIA_TYPE, problem_headers

_JSON = "application/json"


def render(
    model: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a model as JSON."""
    return Response(encode(model), status, headers, _JSON)


def render_json(body: bytes) -> Response:
    """Answer with encoded JSON."""
    return Response(body, media_type=_JSON)


def render_cacheable(request: Request, body: bytes) -> Response:
    """Answer with encoded JSON and its ETag, or 304 when the client has it already."""
    headers = {"etag": etag_of(body)}
    if is_unchanged(request.headers.get("if-none-match"), headers["etag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=_JSON)


def render_problem(status: HTTPStatus, body: bytes) -> Response:
    """Answer with problem details."""
    return Response(body, status, problem_headers(status), MEDIA_TYPE)


def render_nothing() -> Response:
    """Answer 204."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
