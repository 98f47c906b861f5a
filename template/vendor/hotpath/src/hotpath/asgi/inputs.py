"""The arguments of an endpoint, read without the framework; any other input is left to it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import params
from pydantic import BaseModel, TypeAdapter

from hotpath.aio.resources import Resources
from hotpath.asgi.dependencies import get_resources
from hotpath.asgi.messages import RequestHead
from hotpath.asgi.responses import Response


class ParsedRequest:
    """A request as readers of arguments see it."""

    __slots__ = ("body", "head", "resources", "values")

    def __init__(
        self, resources: Resources, head: RequestHead, values: Sequence[str], body: bytes = b""
    ) -> None:
        self.resources = resources
        self.head = head
        self.values = values
        """The values of its path parameters."""
        self.body = body


Reader = Callable[[ParsedRequest], Any]
"""Returns one argument.

Raises:
    ValueError: only the framework can tell what the argument is, or that it is invalid.
"""


@dataclass(frozen=True)
class EndpointInputs:
    """The arguments of one endpoint."""

    readers: Sequence[tuple[str, Reader]]
    has_body: bool

    def read(self, request: ParsedRequest) -> dict[str, Any] | None:
        """Return the arguments, or None if the framework has to handle the request."""
        try:
            return {name: read(request) for name, read in self.readers}
        except (ValueError, RecursionError):
            return None


def inputs_of(endpoint: Callable[..., Any], path_parameters: Sequence[str]) -> EndpointInputs:
    """Return how to read the arguments of `endpoint`.

    Raises:
        ValueError: it takes, or returns, what only the framework can handle.
    """
    hints = get_type_hints(endpoint, include_extras=True)
    if hints.pop("return", None) is not Response:
        raise ValueError(f"{_name(endpoint)} cannot be hot: it does not return a Response")
    if not iscoroutinefunction(endpoint):
        raise ValueError(f"{_name(endpoint)} cannot be hot: it is not async")
    place_by_name = {name: place for place, name in enumerate(path_parameters)}
    readers: list[tuple[str, Reader]] = []
    has_body = False
    for name, hint in hints.items():
        annotations = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        type_ = get_args(hint)[0] if annotations else hint
        if any(map(_is_resources, annotations)):
            readers.append((name, attrgetter("resources")))
        elif name in place_by_name:
            readers.append((name, _from_path(hint, place_by_name[name])))
        elif type_ == str | None and any(map(_is_header, annotations)):
            readers.append((name, _from_headers(name)))
        elif any(isinstance(each, params.Query) for each in annotations) and _is_model(type_):
            readers.append((name, _from_query(type_)))
        elif _is_model(hint):
            readers.append((name, _from_body(hint)))
            has_body = True
        else:
            raise ValueError(f"{_name(endpoint)} cannot be hot: {name} is none of {_KINDS}")
    return EndpointInputs(readers, has_body)


_KINDS = "path parameter, query model, body model, header as text, ResourcesDep"


def _name(endpoint: Callable[..., Any]) -> str:
    return f"{endpoint.__module__}.{endpoint.__name__}"


def _is_resources(annotation: Any) -> bool:
    """Tell whether it is `Depends(get_resources)`, whatever the class of the resources."""
    return isinstance(annotation, params.Depends) and annotation.dependency is get_resources


def _is_header(annotation: Any) -> bool:
    return isinstance(annotation, params.Header) and annotation.alias is None


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _from_path(hint: Any, place: int) -> Reader:
    validate = TypeAdapter(hint).validator.validate_python
    return lambda request: validate(request.values[place])


def _from_headers(parameter: str) -> Reader:
    header = parameter.replace("_", "-").encode()

    def read(request: ParsedRequest) -> str | None:
        value = request.head.headers.get(header)
        return None if value is None else str(value, "latin-1")

    return read


def _from_query(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(request: ParsedRequest) -> Any:
        text = request.head.query.decode("latin-1")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
        values = dict(pairs)
        if len(values) < len(pairs):  # a name that is repeated: the framework knows what it means
            raise ValueError
        return validate(values)

    return read


def _from_body(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python
    return lambda request: validate(json.loads(request.body))
