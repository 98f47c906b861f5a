"""What a hot endpoint is called with: read as the framework does, as long as it is plain."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import params
from pydantic import BaseModel, TypeAdapter

from ..observability.layer import Head
from ..resources import Resources
from .context import Given
from .render import Answer


class Asked:
    """A request whose arguments are read."""

    __slots__ = ("body", "head", "resources", "values")

    def __init__(
        self, resources: Resources, head: Head, values: Sequence[str], body: bytes = b""
    ) -> None:
        self.resources = resources
        self.head = head
        self.values = values
        """Of the parameters of its path."""
        self.body = body


Reader = Callable[[Asked], Any]
"""Returns one argument.

Raises:
    ValueError: it is left to the framework, which may take it or refuse it.
"""


@dataclass(frozen=True)
class Input:
    """The arguments of one endpoint."""

    readers: Sequence[tuple[str, Reader]]
    has_body: bool

    def read(self, asked: Asked) -> dict[str, Any] | None:
        """Return the arguments, or None when the framework has to look at the request."""
        try:
            return {name: read(asked) for name, read in self.readers}
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
            readers.append((name, attrgetter("resources")))
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


def _from_path(hint: Any, place: int) -> Reader:
    validate = TypeAdapter(hint).validator.validate_python
    return lambda asked: validate(asked.values[place])


def _from_headers(name: str) -> Reader:
    wanted = name.replace("_", "-").encode()

    def read(asked: Asked) -> str | None:
        value = asked.head.headers.get(wanted)
        return None if value is None else str(value, "latin-1")

    return read


def _from_query(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(asked: Asked) -> Any:
        text = asked.head.query.decode("latin-1")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
        given = dict(pairs)
        if len(given) < len(pairs):  # which of two is meant, the framework knows
            raise ValueError
        return validate(given)

    return read


def _from_body(model: type[BaseModel]) -> Reader:
    validate = model.__pydantic_validator__.validate_python
    return lambda asked: validate(json.loads(asked.body))
