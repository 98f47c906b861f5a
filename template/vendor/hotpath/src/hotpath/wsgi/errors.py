"""Every error as problem details."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from hotpath.http.errors import STATUS_BY_ERROR, problem_of
from hotpath.http.problems import WrongBody, body_too_large, invalid_input, problem, wrong_body
from hotpath.wsgi.responses import Answer, render_problem

_CLOSE = ("connection", "close")
"""Nobody reads the rest of the body."""


def add_error_handlers(app: Flask) -> None:
    """Map domain errors, bad input, unknown paths and faults of ours."""
    for error in STATUS_BY_ERROR:
        app.register_error_handler(error, _domain_error)
    app.register_error_handler(WrongBody, _wrong_body)
    app.register_error_handler(RequestEntityTooLarge, _body_too_large)
    app.register_error_handler(BlockingIOError, _body_stalled)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def bad_input(error: ValidationError) -> Response:
    """Answer to input that does not fit its model."""
    problem = invalid_input(error.errors())
    return current_app.make_response(render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, problem))


def _domain_error(error: Exception) -> Answer:
    return render_problem(*problem_of(error))


def _wrong_body(error: WrongBody) -> Answer:
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(error.expected))


def _body_too_large(_: RequestEntityTooLarge) -> Answer:
    problem = body_too_large(request.max_content_length or 0)
    return render_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem, _CLOSE)


def _body_stalled(_: BlockingIOError) -> Answer:
    status = HTTPStatus.REQUEST_TIMEOUT
    detail = "The rest of the body did not come in time."
    return render_problem(status, problem(status, detail), _CLOSE)


def _http_error(error: HTTPException) -> Any:
    if error.response is not None:  # already made, by the input check
        return error.response
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    body = problem(status, status.description or status.phrase)
    return render_problem(status, body, *headers.items())


def _fault(error: Exception) -> Answer:
    current_app.logger.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render_problem(status, problem(status, "The service failed; the log has the reason."))
