"""What a hot endpoint is called with: read as the framework does, as long as it is plain."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel

from hotpath.wsgi.responses import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


Reader = Callable[["WSGIEnvironment", Sequence[str], bytes], Any]
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
        self, environ: "WSGIEnvironment", values: Sequence[str], body: bytes
    ) -> dict[str, Any] | None:
        """Return the arguments, or None when the framework has to look at the request."""
        try:
            return {name: read(environ, values, body) for name, read in self.readers}
        except (ValueError, RecursionError):
            return None


def input_of(endpoint: Callable[..., Any], parameters: Sequence[str]) -> Input:
    """Return how to read what `endpoint` takes: models of its `path`, `query` and `body`.

    Raises:
        ValueError: it takes something that only the framework can read.
    """
    hints = get_type_hints(endpoint)
    if hints.pop("return", None) is not Answer:
        raise ValueError(
            f"{_name(endpoint)} cannot be hot: it does not return an {Answer.__name__}"
        )
    readers: list[tuple[str, Reader]] = []
    for name, model in hints.items():
        if not issubclass(model, BaseModel) or name not in _READERS:
            raise ValueError(f"{_name(endpoint)} cannot be hot: {name} is none of {_KINDS}")
        readers.append((name, _READERS[name](model, parameters)))
    return Input(readers, "body" in hints)


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
        given = dict(pairs)
        if len(given) < len(pairs):  # which of two is meant, the framework knows
            raise ValueError
        return validate(given)

    return read


def _from_body(model: type[BaseModel], _: Sequence[str]) -> Reader:
    validate = model.__pydantic_validator__.validate_python

    def read(_: "WSGIEnvironment", __: Sequence[str], body: bytes) -> Any:
        return validate(json.loads(body))

    return read


_READERS = {"path": _from_path, "query": _from_query, "body": _from_body}
