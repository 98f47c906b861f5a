"""Bodies with many rows: larger than others, and parsed and checked in a thread."""

import json
from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from ..concurrency import run_blocking
from ..resources import Resources
from .bodies import allow_body
from .problems import WrongBody


class RowsRoute(APIRoute):
    """A route whose handler takes rows as its `body`: a model that is a list."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's own handler, given a body that is checked already."""
        handle = super().get_route_handler()
        model: type[BaseModel] = get_type_hints(self.endpoint)["body"]

        async def handle_rows(request: Request) -> Response:
            resources: Resources = request.app.state.resources
            allow_body(request, resources.settings.server.max_bulk_body_bytes)
            if not _says_json(request.headers.get("content-type", "")):
                raise WrongBody(list)
            rows = await run_blocking(_parse, model, await request.body())
            return await handle(_Checked(request, rows))

        return handle_rows


class _Checked(Request):
    """A request whose JSON body is a model; FastAPI takes an instance as it is."""

    def __init__(self, request: Request, rows: BaseModel) -> None:
        super().__init__(request.scope, request.receive)
        self._rows = rows

    async def body(self) -> bytes:
        """Return what makes FastAPI ask for the JSON."""
        return b"[]"

    async def json(self) -> BaseModel:
        """Return the rows."""
        return self._rows


def _says_json(content_type: str) -> bool:
    """Tell whether FastAPI would read the body as JSON."""
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json


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
    """Return the errors as FastAPI has them: where each value was comes first."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return [{**one, "loc": ("body", *one["loc"])} for one in errors]
