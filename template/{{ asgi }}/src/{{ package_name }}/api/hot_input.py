"""What a hot endpoint is called with: read as the framework does, as long as it is plain."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import params
from pydantic import BaseModel, TypeAdapter
from starlette.types import Message, Scope

from ..resources import Resources
from .context import Given
from .render import Answer

Reader = Callable[[Resources, Scope, Sequence[str], Sequence[Message]], Any]
"""Returns one argument.

Raises:
    ValueError: it is left to the framework, which may take it or refuse it.
"""


@dataclass(frozen=True)
class Input:
    """The arguments of one endpoint."""

    readers: Sequence[tuple[str, Reader]]
    has_body: bool

    def read(
        self,
        resources: Resources,
        scope: Scope,
        values: Sequence[str],
        body: Sequence[Message],
    ) -> dict[str, Any] | None:
        """Return the arguments, or None when the framework has to look at the request."""
        try:
            return {name: read(resources, scope, values, body) for name, read in self.readers}
        except (ValueError, RecursionError):
            return None


def input_of(endpoint: Callable[..., Any], parameters: Sequence[str]) -> Input:
    """Return how to read what `endpoint` takes.

    Raises:
        ValueError: it takes something that only the framework can read.
    """
    hints = get_type_hints(endpoint, include_extras=True)
    if hints.pop("return", None) is not Answer:
        raise ValueError(
            f"{_name(endpoint)} cannot be hot: it does not return an {Answer.__name__}"
        )
    if not iscoroutinefunction(endpoint):
        raise ValueError(f"{_name(endpoint)} cannot be hot: it is not async")
    places = {name: place for place, name in enumerate(parameters)}
    readers: list[tuple[str, Reader]] = []
    has_body = False
    for name, hint in hints.items():
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        plain = get_args(hint)[0] if marks else hint
        if hint == Given:
            readers.append((name, _resources))
        elif name in places:
            readers.append((name, _from_path(hint, places[name])))
        elif plain == str | None and any(map(_is_header, marks)):
            readers.append((name, _from_headers(name)))
        elif any(isinstance(mark, params.Query) for mark in marks) and _is_model(plain):
            readers.append((name, _from_query(plain)))
        elif _is_model(hint):
            readers.append((name, _from_body(hint)))
            has_body = True
        else:
            raise ValueError(f"{_name(endpoint)} cannot be hot: {name} is none of {_KINDS}")
    return Input(readers, has_body)


_KINDS = "path parameter, query model, body model, header as text, Given"


def _name(endpoint: Callable[..., Any]) -> str:
    return f"{endpoint.__module__}.{endpoint.__name__}"


def _is_header(mark: Any) -> bool:
    return isinstance(mark, params.Header) and mark.alias is None


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _resources(resources: Resources, *_: object) -> Resources:
    return resources


def _from_path(hint: Any, place: int) -> Reader:
    validate = TypeAdapter(hint).validator.validate_python

    def read(_: Resources, __: Scope, values: Sequence[str], ___: Sequence[Message]) -> Any:
        return validate(values[place])

    return read


def _from_headers(name: str) -> Reader:
    wanted = name.replace("_", "-").encode()

    def read(_: Resources, scope: Scope, *__: object) -> str | None:
        for key, value in scope["headers"]:
            if key == wanted:
                return str(value, "latin-1")
        return None

    return read


def _from_query(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(_: Resources, scope: Scope, *__: object) -> Any:
        pairs = parse_qsl(
            scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="strict"
        )
        given = dict(pairs)
        if len(given) < len(pairs):  # which of two is meant, the framework knows
            raise ValueError
        return validate(given)

    return read


def _from_body(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(_: Resources, __: Scope, ___: Sequence[str], body: Sequence[Message]) -> Any:
        return validate(json.loads(b"".join(message.get("body", b"") for message in body)))

    return read
