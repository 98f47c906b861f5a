"""Routes as flask-openapi3 describes them, whose input is read faster than flask-openapi3 does it.

It creates the JSON schema of a query for each request, which takes longer than a page of rows.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, ValidationError

from hotpath.http.documentation import description_of, summary_of
from hotpath.http.problems import problem_responses
from hotpath.http.rows import is_of_rows
from hotpath.wsgi.bodies import expect_rows
from hotpath.wsgi.errors import invalid_input_response

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
            return func(**_read_all(readers, path_parameters))

        return view

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **options: Any) -> Any:
        # The library would put `<br/>` at the ends of lines.
        options["summary"] = options.get("summary") or summary_of(func)
        options["description"] = options.get("description") or description_of(func)
        return super()._collect_openapi_info(rule, func, **options)


def _name_of_endpoint(*, name: str, **_: str) -> str:
    return name


def _read_all(readers: Mapping[str, Reader], path_parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return all arguments, or respond with the errors of all that are invalid."""
    arguments: dict[str, Any] = {}
    errors: list[ValidationError] = []
    for name, read in readers.items():
        try:
            arguments[name] = read(path_parameters)
        except ValidationError as error:
            errors.append(error)
    if errors:
        abort(invalid_input_response(*errors))
    return arguments


def _query_reader(model: type[BaseModel]) -> Reader:
    schemas: Mapping[str, Any] = model.model_json_schema().get("properties", {})
    lists = {
        name
        for name, schema in schemas.items()
        if any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))
    }

    def value_of(name: str, values: list[str]) -> str | list[str]:
        # Of several values the last, as in FastAPI; of a name that the model does not know all.
        is_list = name in lists or (name not in schemas and len(values) > 1)
        return values if is_list else values[-1]

    def read(_: Mapping[str, Any]) -> BaseModel:
        found: dict[str, list[str]] = {}
        text = request.environ.get("QUERY_STRING", "")
        for name, value in parse_qsl(text, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return model.model_validate({name: value_of(name, each) for name, each in found.items()})

    return read


def _body_reader(model: type[BaseModel]) -> Reader:
    if is_of_rows(model):

        def read_rows(_: Mapping[str, Any]) -> BaseModel:
            expect_rows()
            rows = request.get_json()
            try:
                return model.model_validate(rows)
            except ValidationError as error:  # alone, as in the ASGI flavour
                abort(invalid_input_response(error))

        return read_rows
    return lambda _: model.model_validate(request.get_json())
