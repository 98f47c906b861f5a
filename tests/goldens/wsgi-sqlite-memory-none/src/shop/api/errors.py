"""Every error as problem details."""

from http import HTTPStatus

from flask import Flask, Response, current_app, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from .problems import WrongBody, body_too_large, invalid_input, problem, wrong_body
from .render import render_problem
from .statuses import STATUS_BY_ERROR, problem_of


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
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, invalid_input(error.errors()))


def _domain_error(error: Exception) -> Response:
    return render_problem(*problem_of(error))


def _wrong_body(error: WrongBody) -> Response:
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(error.expected))


def _body_too_large(_: RequestEntityTooLarge) -> Response:
    problem = body_too_large(request.max_content_length or 0)
    answer = render_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    answer.headers["connection"] = "close"  # nobody reads the rest
    return answer


def _body_stalled(_: BlockingIOError) -> Response:
    status = HTTPStatus.REQUEST_TIMEOUT
    answer = render_problem(status, problem(status, "The rest of the body did not come in time."))
    answer.headers["connection"] = "close"
    return answer


def _http_error(error: HTTPException) -> Response:
    if isinstance(error.response, Response):  # already made, by the input check
        return error.response
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = render_problem(status, problem(status, status.description or status.phrase))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    if isinstance(error, MethodNotAllowed):
        answer.headers["allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _fault(error: Exception) -> Response:
    current_app.logger.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render_problem(status, problem(status, "The service failed; the log has the reason."))
