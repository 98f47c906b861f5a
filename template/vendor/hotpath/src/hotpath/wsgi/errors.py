"""Every error as problem details."""

from http import HTTPStatus
from typing import Any

from flask import Flask, current_app, request
from flask import Response as FrameworkResponse
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from hotpath.http.errors import StatusByError, problem_of, retry_after, with_engine_errors
from hotpath.http.paths import allowed_methods
from hotpath.http.problems import (
    BODY_INVALID,
    BODY_TOO_SLOW,
    WrongBody,
    body_too_large,
    invalid_input,
    problem,
    wrong_body,
)
from hotpath.observability.admin import may_see
from hotpath.wsgi.dependencies import get_resources
from hotpath.wsgi.hot_routes import declared_paths
from hotpath.wsgi.responses import Response, render_problem
from hotpath.wsgi.server.request_body import InvalidBody

_CLOSE = ("connection", "close")
"""The rest of the body is not read."""


class ErrorHandlers:
    """Handles domain errors, invalid input, unknown paths and unexpected exceptions."""

    def __init__(self, status_by_error: StatusByError) -> None:
        self._status_by_error = with_engine_errors(status_by_error)

    def add_to(self, api: Flask) -> None:
        """Register the handlers."""
        for error in self._status_by_error:
            api.register_error_handler(error, self._domain_error)
        api.register_error_handler(WrongBody, _wrong_body)
        api.register_error_handler(RequestEntityTooLarge, _body_too_large)
        api.register_error_handler(BlockingIOError, _body_stalled)
        api.register_error_handler(InvalidBody, _invalid_body)
        api.register_error_handler(HTTPException, _http_error)
        api.register_error_handler(Exception, _internal_error)

    def _domain_error(self, error: Exception) -> Response:
        status, body = problem_of(error, self._status_by_error)
        return render_problem(status, body, *retry_after(error))


def invalid_input_response(*errors: ValidationError) -> FrameworkResponse:
    """Return the response to input that does not fit its models."""
    body = invalid_input([each for error in errors for each in error.errors()])
    return current_app.make_response(render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, body))


def _wrong_body(error: WrongBody) -> Response:
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(error.expected))


def _body_too_large(_: RequestEntityTooLarge) -> Response:
    body = body_too_large(request.max_content_length or 0)
    return render_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, body, _CLOSE)


def _body_stalled(_: BlockingIOError) -> Response:
    status = HTTPStatus.REQUEST_TIMEOUT
    return render_problem(status, problem(status, BODY_TOO_SLOW), _CLOSE)


def _invalid_body(_: InvalidBody) -> Response:
    status = HTTPStatus.BAD_REQUEST
    return render_problem(status, problem(status, BODY_INVALID), _CLOSE)


def _http_error(error: HTTPException) -> Any:
    if error.response is not None:  # made by `invalid_input_response`
        return error.response
    if isinstance(error, MethodNotAllowed) and not _may_see():
        error = NotFound()
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = _allowed_methods()
    body = problem(status, status.description or status.phrase)
    return render_problem(status, body, *headers.items())


def _allowed_methods() -> str:
    return ", ".join(allowed_methods(declared_paths(current_app), request.path))


def _may_see() -> bool:
    settings = get_resources().settings.observability
    return may_see(settings, request.method, request.path, request.headers)


def _internal_error(error: Exception) -> Response:
    current_app.logger.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render_problem(status, problem(status, "The service failed; the log has the reason."))
