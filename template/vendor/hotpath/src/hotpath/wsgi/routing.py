"""Routes as flask-openapi3 describes them, with input that is read faster than it does.

It describes the model of a query anew for every request, which takes longer than a page of rows.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from flask import abort, current_app, request
from flask_openapi3 import APIBlueprint, OpenAPI
from pydantic import BaseModel, ValidationError

Reader = Callable[[Mapping[str, Any]], Any]
"""Returns one argument of a handler; is given the parts of the path."""


class Router(APIBlueprint):
    """A blueprint whose handlers take models as their `path`, `query` and `body`."""

    @staticmethod
    def create_view_func(func: Callable[..., Any], *models: Any, **options: Any) -> Any:
        """Return the view of a handler; one that takes anything else is left to the library."""
        header, cookie, path, query, form, body, raw = models
        if header or cookie or form or raw:
            return APIBlueprint.create_view_func(func, *models, **options)
        readers: dict[str, Reader] = {}
        if path:
            readers["path"] = path.model_validate
        if query:
            readers["query"] = _query_reader(query)
        if body:
            readers["body"] = _body_reader(body)

        @wraps(func)
        def answer(**path_parts: Any) -> Any:
            try:
                arguments = {name: read(path_parts) for name, read in readers.items()}
            except ValidationError as error:
                abort(cast(OpenAPI, current_app).validation_error_callback(error))
            return func(**arguments)

        return answer


def _query_reader(model: type[BaseModel]) -> Reader:
    lists = {
        name
        for name, schema in model.model_json_schema().get("properties", {}).items()
        if any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))
    }

    def read(_: Mapping[str, Any]) -> BaseModel:
        given = request.args.to_dict(flat=False)
        return model.model_validate(
            {name: values if name in lists else values[0] for name, values in given.items()}
        )

    return read


def _body_reader(model: type[BaseModel]) -> Reader:
    return lambda _: model.model_validate(request.get_json())
