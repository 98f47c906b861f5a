"""Every error as problem details."""

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hotpath.asgi.bodies import BodyTooLarge
from hotpath.asgi.responses import Answer, render_problem
from hotpath.http.errors import STATUS_BY_ERROR, problem_of
from hotpath.http.problems import WrongBody, body_too_large, invalid_input, problem, wrong_body

_NOT_AN_OBJECT = frozenset({"json_invalid", "missing", "model_attributes_type"})
_ROOT = ("body",)


def add_error_handlers(app: FastAPI) -> None:
    """Map domain errors, bad input, unknown paths and faults of ours."""
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.add_exception_handler(Exception, _fault)


async def answer_error(request: Request, error: Exception) -> tuple[Answer, bool]:
    """Return the answer that the framework makes of an error, and whether it expects the error."""
    for kind in type(error).__mro__:
        if kind in _HANDLERS:
            return await _HANDLERS[kind](request, error), True
    return await _fault(request, error), False


async def _domain_error(_: Request, error: Exception) -> Answer:
    return render_problem(*problem_of(error))


async def _bad_input(_: Request, error: RequestValidationError) -> Answer:
    errors = error.errors()
    if any(_is_no_object(one["type"], one["loc"]) for one in errors):
        return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(dict))
    # FastAPI says first where a value was: in the body, the query or the path.
    located = [{**one, "loc": one["loc"][1:]} for one in errors]
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, invalid_input(located))


def _is_no_object(kind: str, location: tuple[int | str, ...]) -> bool:
    return kind == "json_invalid" or (kind in _NOT_AN_OBJECT and location == _ROOT)


async def _wrong_body(_: Request, error: WrongBody) -> Answer:
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(error.expected))


async def _body_too_large(_: Request, error: BodyTooLarge) -> Answer:
    return render_problem(HTTPStatus(error.status_code), body_too_large(error.max_bytes))


async def _http_error(request: Request, error: HTTPException) -> Answer:
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # a body that is no text
        return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(dict))
    answer = render_problem(status, problem(status, status.description or status.phrase))
    answer.headers.update(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["allow"] = _allowed(request)
    return answer


def _allowed(request: Request) -> str:
    """Return every method of the path; the router names only those of its first route."""
    path = request.scope["path"]
    methods = {
        method.upper()
        for template, described in request.app.openapi()["paths"].items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        for method in described
    } or {"GET"}  # what is not described can only be read
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


async def _fault(_: Request, __: Exception) -> Answer:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render_problem(status, problem(status, "The service failed; the log has the reason."))


_HANDLERS: Mapping[type, Callable[[Request, Any], Awaitable[Answer]]] = {
    **dict.fromkeys(STATUS_BY_ERROR, _domain_error),
    RequestValidationError: _bad_input,
    WrongBody: _wrong_body,
    BodyTooLarge: _body_too_large,
    HTTPException: _http_error,
}
