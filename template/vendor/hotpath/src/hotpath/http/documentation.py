"""The OpenAPI document of a service, in one form however the framework writes it, and its page."""

from collections.abc import Callable, Mapping
from html import escape
from http import HTTPStatus
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from typing import Any

import orjson

from hotpath.db.models import MAX_ID

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{root}/docs/swagger-ui.css">
</head><body><div id="swagger-ui"></div>
<script src="{root}/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "{root}/openapi.json", dom_id: "#swagger-ui"}})</script>
</body></html>"""
_FOLDERS = {"fastapi_swagger": "resources", "flask_swagger_ui": "dist"}
"""Packages that carry the files of Swagger UI, one for each web flavour, and where."""
ASSETS: Mapping[str, str] = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
"""The files that the page needs, and their types."""
CACHE_CONTROL = "public, max-age=86400"
"""Of these files, which change with a new version of their package alone."""
_SUCCESS = "Successful Response"
"""What FastAPI says of every success."""


def documentation_page(title: str, root_path: str = "") -> str:
    """Return the page that shows the document; it asks this service alone."""
    return _PAGE.format(title=escape(title), root=root_path)


def read_asset(name: str) -> bytes:
    """Return a file of `ASSETS`, as a package has it that is not imported for it.

    Raises:
        FileNotFoundError: no such package is installed.
    """
    for package, folder in _FOLDERS.items():
        found = find_spec(package)
        if found is not None and found.origin is not None:
            return (Path(found.origin).parent / folder / name).read_bytes()
    raise FileNotFoundError(f"{name}: none of {', '.join(_FOLDERS)} is installed")


def encoded_document(document: dict[str, Any]) -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def summary_of(endpoint: Callable[..., Any]) -> str | None:
    """Return the first line of a docstring."""
    text = description_of(endpoint)
    return text.partition("\n")[0] if text else None


def description_of(endpoint: Callable[..., Any]) -> str | None:
    """Return the whole docstring."""
    return cleandoc(endpoint.__doc__) if endpoint.__doc__ else None


def in_shared_form(document: dict[str, Any], root_path: str = "") -> dict[str, Any]:
    """Return the document of FastAPI or flask-openapi3 without what only one of them writes.

    Names of tags alone, a default of null, which says nothing, schemas and security schemes that
    the library adds; limits are whole numbers, and a response is described by its status.

    Args:
        document: As the library writes it.
        root_path: Under which a proxy has the service.
    """
    shared: dict[str, Any] = _plain(document)
    shared.pop("tags", None)
    if root_path:
        shared["servers"] = [{"url": root_path}]
    components = shared.get("components", {})
    components.pop("securitySchemes", None)
    for name in ("ValidationErrorModel", "ValidationError", "HTTPValidationError"):
        components.get("schemas", {}).pop(name, None)
    for item in shared.get("paths", {}).values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if response["description"] == _SUCCESS:
                    response["description"] = HTTPStatus(int(status)).phrase
    return shared


def _plain(value: Any) -> Any:
    """Return a part of the document with whole numbers as such, and without defaults of null."""
    if isinstance(value, dict):
        return {
            key: _plain(each) for key, each in value.items() if (key, each) != ("default", None)
        }
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        # As a float, the greatest key of a row is one more than it is.
        return MAX_ID if value == float(MAX_ID) else int(value)
    return value
