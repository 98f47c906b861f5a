"""Bodies that are arrays of rows: models of a list."""

from collections.abc import Callable
from typing import Any, get_origin, get_type_hints

from pydantic import RootModel


def is_of_rows(model: Any) -> bool:
    """Tell whether a model is a `RootModel` of a list."""
    if not isinstance(model, type) or not issubclass(model, RootModel):
        return False
    return get_origin(model.model_fields["root"].annotation) is list


def takes_rows(endpoint: Callable[..., Any]) -> bool:
    """Tell whether the `body` of an endpoint is such a model."""
    return is_of_rows(get_type_hints(endpoint).get("body"))
