"""The ASGI flavour: FastAPI, and what makes its routes fast. Names are imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotpath.asgi.app import Application
    from hotpath.asgi.bodies import RowsRoute
    from hotpath.asgi.dependencies import IfNoneMatch, ResourcesDep, get_resources
    from hotpath.asgi.exports import render_export
    from hotpath.asgi.responses import (
        Response,
        render,
        render_cacheable,
        render_created,
        render_json,
        render_nothing,
        render_stream,
    )
    from hotpath.asgi.routing import Router
    from hotpath.http.exports import export_responses
    from hotpath.http.hot import hot
    from hotpath.http.problems import problem_responses

__all__ = [
    "Application",
    "IfNoneMatch",
    "ResourcesDep",
    "Response",
    "Router",
    "RowsRoute",
    "export_responses",
    "get_resources",
    "hot",
    "problem_responses",
    "render",
    "render_cacheable",
    "render_created",
    "render_export",
    "render_json",
    "render_nothing",
    "render_stream",
]

_MODULES = {
    "hotpath.asgi.app": ("Application",),
    "hotpath.asgi.bodies": ("RowsRoute",),
    "hotpath.asgi.dependencies": ("IfNoneMatch", "ResourcesDep", "get_resources"),
    "hotpath.asgi.responses": (
        "Response",
        "render",
        "render_cacheable",
        "render_created",
        "render_json",
        "render_nothing",
        "render_stream",
    ),
    "hotpath.asgi.routing": ("Router",),
    "hotpath.asgi.exports": ("render_export",),
    "hotpath.http.exports": ("export_responses",),
    "hotpath.http.hot": ("hot",),
    "hotpath.http.problems": ("problem_responses",),
}
_MODULE_BY_NAME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name: the main process of several workers imports no framework."""
    if name not in _MODULE_BY_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_MODULE_BY_NAME[name]), name)
    globals()[name] = found  # so that this is called once for each name
    return found
