"""Request bodies: their size limit, and arrays of rows."""

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from email.message import Message as EmailMessage
from http import HTTPStatus
from typing import Any, get_type_hints

from fastapi import Response as FrameworkResponse
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.resources import Resources
from hotpath.asgi.slow_bodies import BodyTooSlow, InvalidBody
from hotpath.http.problems import WrongBody

_LIMIT = "max_body_bytes"


class BodyTooLarge(HTTPException):
    """The body is larger than the limit of its route."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.max_bytes = max_bytes


class BodyLimit:
    """Rejects a body before it is read, or as soon as it exceeds the limit.

    A route may set another limit before it reads the body. The rest of a rejected body is read and
    discarded after the response, so that the connection can be used again.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of one HTTP request; everything else passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[_LIMIT] = self._max_bytes
        expected = int(dict(scope["headers"]).get(b"content-length", 0))
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            if expected <= scope[_LIMIT]:
                message = await receive()
                received += len(message.get("body", b""))
            if max(expected, received) > scope[_LIMIT]:
                raise BodyTooLarge(scope[_LIMIT])
            return message

        await self.app(scope, receive_bounded, send)
        if max(expected, received) > scope[_LIMIT]:
            await _discard(receive)


async def _discard(receive: Receive) -> None:
    # Else granian closes the connection, and the client's next request fails.
    with suppress(BodyTooSlow, InvalidBody):
        while (await receive()).get("more_body", False):
            pass


def allow_body(request: Request, max_bytes: int) -> None:
    """Set the size limit of this request; call it before the body is read."""
    request.scope[_LIMIT] = max_bytes


class RowsRoute(APIRoute):
    """A route whose endpoint takes an array of rows as its `body`: a model of a list.

    The limit is `max_bulk_body_bytes`, and the body is parsed and validated in a thread.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, FrameworkResponse]]:
        """Return FastAPI's own handler, called with a body that is validated already."""
        handle = super().get_route_handler()
        model: type[BaseModel] = get_type_hints(self.endpoint)["body"]

        async def handle_rows(request: Request) -> FrameworkResponse:
            resources: Resources = request.app.state.resources
            allow_body(request, resources.settings.server.max_bulk_body_bytes)
            if not _is_json(request.headers.get("content-type", "")):
                raise WrongBody(list)
            rows = await run_blocking(_parse, model, await request.body())
            return await handle(_ValidatedRequest(request, rows))

        return handle_rows


class _ValidatedRequest(Request):
    """A request whose JSON body is an instance of the model, which FastAPI accepts as it is."""

    def __init__(self, request: Request, rows: BaseModel) -> None:
        super().__init__(request.scope, request.receive)
        self._rows = rows

    async def body(self) -> bytes:
        """Return a body that is not empty, so that FastAPI calls `json`."""
        return b"[]"

    async def json(self) -> BaseModel:
        """Return the rows."""
        return self._rows


def _is_json(content_type: str) -> bool:
    """Tell whether FastAPI would read the body as JSON."""
    message = EmailMessage()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_json_subtype = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json_subtype


def _parse(model: type[BaseModel], text: bytes) -> BaseModel:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise WrongBody(list)
    try:
        return model.model_validate(rows)
    except ValidationError as error:
        raise RequestValidationError(_located(error)) from None


def _located(error: ValidationError) -> list[dict[str, Any]]:
    """Return the errors as FastAPI has them: their location starts with "body"."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return [{**one, "loc": ("body", *one["loc"])} for one in errors]
