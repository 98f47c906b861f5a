"""Answers as the framework wants them."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, request
from pydantic import BaseModel

from .answers import encode, etag_of, is_unchanged
from .problems import MEDIA_TYPE, problem_headers

_JSON = "application/json"


def render(
    model: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a model as JSON."""
    return Response(encode(model), status, headers, content_type=_JSON)


def render_json(body: bytes) -> Response:
    """Answer with encoded JSON."""
    return Response(body, content_type=_JSON)


def render_cacheable(body: bytes) -> Response:
    """Answer with encoded JSON and its ETag, or 304 when the client has it already."""
    headers = {"etag": etag_of(body)}
    if is_unchanged(request.headers.get("if-none-match"), headers["etag"]):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, content_type=_JSON)


def render_problem(status: HTTPStatus, body: bytes) -> Response:
    """Answer with problem details."""
    return Response(body, status, problem_headers(status), content_type=MEDIA_TYPE)


def render_nothing() -> Response:
    """Answer 204."""
    answer = Response(status=HTTPStatus.NO_CONTENT)
    del answer.headers["content-type"]
    return answer
