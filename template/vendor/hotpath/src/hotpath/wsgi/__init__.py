"""The WSGI flavour: Flask, and what makes its routes fast. Names are imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotpath.http.exports import export_responses
    from hotpath.http.hot import hot
    from hotpath.http.problems import problem_responses
    from hotpath.wsgi.app import Application
    from hotpath.wsgi.bodies import expect_rows
    from hotpath.wsgi.dependencies import get_resources, if_none_match
    from hotpath.wsgi.exports import render_export
    from hotpath.wsgi.responses import (
        Response,
        render,
        render_cacheable,
        render_created,
        render_json,
        render_nothing,
        render_stream,
    )
    from hotpath.wsgi.routing import Router

__all__ = [
    "Application",
    "Response",
    "Router",
    "expect_rows",
    "export_responses",
    "get_resources",
    "hot",
    "if_none_match",
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
    "hotpath.wsgi.app": ("Application",),
    "hotpath.wsgi.bodies": ("expect_rows",),
    "hotpath.wsgi.dependencies": ("get_resources", "if_none_match"),
    "hotpath.wsgi.responses": (
        "Response",
        "render",
        "render_cacheable",
        "render_created",
        "render_json",
        "render_nothing",
        "render_stream",
    ),
    "hotpath.wsgi.routing": ("Router",),
    "hotpath.wsgi.exports": ("render_export",),
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
