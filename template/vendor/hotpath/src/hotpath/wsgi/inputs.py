"""The arguments of an endpoint, read without the framework; any other input is left to it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel

from hotpath.wsgi.responses import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


Reader = Callable[["WSGIEnvironment", Sequence[str], bytes], Any]
"""Returns one argument.

Raises:
    ValueError: only the framework can tell what the argument is, or that it is invalid.
"""


@dataclass(frozen=True)
class EndpointInputs:
    """The arguments of one endpoint."""

    readers: Sequence[tuple[str, Reader]]
    has_body: bool

    def read(
        self, environ: "WSGIEnvironment", values: Sequence[str], body: bytes
    ) -> dict[str, Any] | None:
        """Return the arguments, or None if the framework has to handle the request."""
        if not self.readers:
            return {}
        try:
            return {name: read(environ, values, body) for name, read in self.readers}
        except (ValueError, RecursionError):
            return None


def inputs_of(endpoint: Callable[..., Any], path_parameters: Sequence[str]) -> EndpointInputs:
    """Return how to read the arguments of `endpoint`: models of its `path`, `query` and `body`.

    Raises:
        ValueError: it takes, or returns, what only the framework can handle.
    """
    hints = get_type_hints(endpoint)
    if hints.pop("return", None) is not Response:
        raise ValueError(f"{_name(endpoint)} cannot be hot: it does not return a Response")
    readers: list[tuple[str, Reader]] = []
    for name, model in hints.items():
        if not issubclass(model, BaseModel) or name not in _READERS:
            raise ValueError(f"{_name(endpoint)} cannot be hot: {name} is none of {_KINDS}")
        readers.append((name, _READERS[name](model, path_parameters)))
    return EndpointInputs(readers, "body" in hints)


_KINDS = "path, query and body, each a model"


def _name(endpoint: Callable[..., Any]) -> str:
    return f"{endpoint.__module__}.{endpoint.__name__}"


def _from_path(model: type[BaseModel], parameters: Sequence[str]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(_: "WSGIEnvironment", values: Sequence[str], __: bytes) -> Any:
        return validate(dict(zip(parameters, values, strict=True)))

    return read


def _from_query(model: type[BaseModel], _: Sequence[str]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(environ: "WSGIEnvironment", *_: object) -> Any:
        text = environ.get("QUERY_STRING", "")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
        values = dict(pairs)
        if len(values) < len(pairs):  # a name that is repeated: the framework knows what it means
            raise ValueError
        return validate(values)

    return read


def _from_body(model: type[BaseModel], _: Sequence[str]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(_: "WSGIEnvironment", __: Sequence[str], body: bytes) -> Any:
        return validate(json.loads(body))

    return read


_READERS = {"path": _from_path, "query": _from_query, "body": _from_body}
