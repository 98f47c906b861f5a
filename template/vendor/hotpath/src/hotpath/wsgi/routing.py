"""Routes as flask-openapi3 describes them, whose input is read faster than flask-openapi3 does it.

It creates the JSON schema of a query for each request, which takes longer than a page of rows.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from itertools import count
from typing import Any, cast

from flask import abort, current_app, request
from flask_openapi3 import APIBlueprint, OpenAPI, Tag
from pydantic import BaseModel, ValidationError

from hotpath.http.problems import problem_responses
from hotpath.http.rows import is_of_rows
from hotpath.wsgi.bodies import expect_rows

_NUMBERS = count(1)

Reader = Callable[[Mapping[str, Any]], Any]
"""Returns one argument of an endpoint, from the parameters of the path or the request."""


class Router(APIBlueprint):
    """A blueprint whose endpoints take models as their `path`, `query` and `body`.

    One whose `body` is a model of a list takes an array of rows. The name of an endpoint is its id
    in OpenAPI.
    Its OpenAPI operations describe any other problem as "default", as flask-openapi3 requires.
    """

    def __init__(
        self, *, tags: Sequence[str] = (), prefix: str = "", include_in_schema: bool = True
    ) -> None:
        """Create a router.

        Args:
            tags: Of its operations in OpenAPI.
            prefix: What all its paths start with.
            include_in_schema: Whether OpenAPI describes its operations.
        """
        super().__init__(
            f"router_{next(_NUMBERS)}",  # a blueprint has a name of its own
            __name__,
            abp_tags=[Tag(name=tag) for tag in tags],
            abp_responses=problem_responses(),
            url_prefix=prefix or None,
            doc_ui=include_in_schema,
            operation_id_callback=_name_of_endpoint,
        )

    @staticmethod
    def create_view_func(func: Callable[..., Any], *models: Any, **options: Any) -> Any:
        """Return the view function of an endpoint; the library handles any other arguments."""
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
        def view(**path_parameters: Any) -> Any:
            try:
                arguments = {name: read(path_parameters) for name, read in readers.items()}
            except ValidationError as error:
                abort(cast(OpenAPI, current_app).validation_error_callback(error))
            return func(**arguments)

        return view


def _name_of_endpoint(*, name: str, **_: str) -> str:
    return name


def _query_reader(model: type[BaseModel]) -> Reader:
    lists = {
        name
        for name, schema in model.model_json_schema().get("properties", {}).items()
        if any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))
    }

    def read(_: Mapping[str, Any]) -> BaseModel:
        arguments = request.args.to_dict(flat=False)
        return model.model_validate(
            {name: values if name in lists else values[0] for name, values in arguments.items()}
        )

    return read


def _body_reader(model: type[BaseModel]) -> Reader:
    if is_of_rows(model):

        def read_rows(_: Mapping[str, Any]) -> BaseModel:
            expect_rows()
            return model.model_validate(request.get_json())

        return read_rows
    return lambda _: model.model_validate(request.get_json())
