"""Every error as problem details."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from hotpath.asgi.bodies import BodyTooLarge
from hotpath.asgi.messages import route_path
from hotpath.asgi.responses import Response, render_problem
from hotpath.asgi.slow_bodies import BodyTooSlow, InvalidBody
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

Handler = Callable[[Request, Any], Awaitable[Response]]

_NOT_AN_OBJECT = frozenset({"json_invalid", "missing", "model_attributes_type"})
_ROOT = ("body",)


class ErrorHandlers:
    """Handles domain errors, invalid input, unknown paths and unexpected exceptions."""

    def __init__(self, status_by_error: StatusByError) -> None:
        self._status_by_error = with_engine_errors(status_by_error)
        self._handlers: Mapping[type[Exception], Handler] = {
            **dict.fromkeys(self._status_by_error, self._domain_error),
            RequestValidationError: _invalid_input,
            WrongBody: _wrong_body,
            BodyTooLarge: _body_too_large,
            BodyTooSlow: _body_too_slow,
            InvalidBody: _invalid_body,
            HTTPException: _http_error,
        }

    def add_to(self, api: FastAPI) -> None:
        """Register the handlers."""
        for error, handler in self._handlers.items():
            api.add_exception_handler(error, handler)
        api.add_exception_handler(Exception, _internal_error)

    async def respond(self, request: Request, error: Exception) -> tuple[Response, bool]:
        """Return the response to an error, as the framework would, and whether it is expected."""
        for kind in type(error).__mro__:
            if kind in self._handlers:
                return await self._handlers[kind](request, error), True
        return await _internal_error(request, error), False

    async def _domain_error(self, _: Request, error: Exception) -> Response:
        response = render_problem(*problem_of(error, self._status_by_error))
        for name, value in retry_after(error):
            response.headers[name] = value
        return response


async def _invalid_input(_: Request, error: RequestValidationError) -> Response:
    errors = error.errors()
    if any(_is_not_an_object(each["type"], each["loc"]) for each in errors):
        return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(dict))
    # The first part of FastAPI's locations is "body", "query" or "path".
    located = [{**each, "loc": each["loc"][1:]} for each in errors]
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, invalid_input(located))


def _is_not_an_object(kind: str, location: tuple[int | str, ...]) -> bool:
    return kind == "json_invalid" or (kind in _NOT_AN_OBJECT and location == _ROOT)


async def _wrong_body(_: Request, error: WrongBody) -> Response:
    return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(error.expected))


async def _body_too_large(_: Request, error: BodyTooLarge) -> Response:
    return render_problem(HTTPStatus(error.status_code), body_too_large(error.max_bytes))


async def _body_too_slow(_: Request, __: BodyTooSlow) -> Response:
    return _last_response(HTTPStatus.REQUEST_TIMEOUT, BODY_TOO_SLOW)


async def _invalid_body(_: Request, __: InvalidBody) -> Response:
    return _last_response(HTTPStatus.BAD_REQUEST, BODY_INVALID)


def _last_response(status: HTTPStatus, detail: str) -> Response:
    """Return a problem after which the connection is closed: the rest of the body is not read."""
    response = render_problem(status, problem(status, detail))
    response.headers["connection"] = "close"
    return response


async def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not _may_see(request):
        error = HTTPException(HTTPStatus.NOT_FOUND)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # the body is not valid UTF-8
        return render_problem(HTTPStatus.UNPROCESSABLE_ENTITY, wrong_body(dict))
    response = render_problem(status, problem(status, status.description or status.phrase))
    response.headers.update(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["allow"] = _allowed_methods(request)
    return response


def _may_see(request: Request) -> bool:
    settings = request.app.state.resources.settings.observability
    return may_see(settings, request.method, route_path(request.scope), request.headers)


def _allowed_methods(request: Request) -> str:
    """Return all methods of the path; the router names only those of its first route."""
    routes = [
        (route.methods, route.path)
        for route in request.app.routes
        if isinstance(route, Route) and route.methods
    ]
    return ", ".join(allowed_methods(routes, route_path(request.scope)))


async def _internal_error(_: Request, __: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render_problem(status, problem(status, "The service failed; the log has the reason."))
