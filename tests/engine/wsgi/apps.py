"""The application inside this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flask_openapi3 import OpenAPI
from hotpath.wsgi.hot_routes import HotRoutes
from hotpath.wsgi.middleware import ObservabilityMiddleware
from package_name.app import create_api, create_app
from package_name.resources import Resources
from werkzeug.test import Client


def app_on(resources: Resources) -> OpenAPI:
    """Return the application on resources that a test has opened."""
    return create_api(resources)


def hot_app(resources: Resources) -> tuple[ObservabilityMiddleware, HotRoutes]:
    """Return the whole application and its hot routes."""
    app = create_app(resources)
    assert isinstance(app.shortcut, HotRoutes)
    return app, app.shortcut


def hot_routes(resources: Resources) -> set[tuple[str, str]]:
    """Return method and template of the hot routes."""
    return {route for route in hot_app(resources)[1].table.hot if route[0] != "HEAD"}


async def answer_without_router(resources: Resources, path: str) -> tuple[int, bytes]:
    """Return what is answered when the framework knows no route."""
    app, routes = hot_app(resources)
    routes.api.view_functions.clear()
    answer = Client(app).get(path)
    return answer.status_code, answer.data


def whole_app_on(resources: Resources) -> ObservabilityMiddleware:
    """Return it with the layer that observes requests, as a server runs it."""
    return hot_app(resources)[0]


@asynccontextmanager
async def served(resources: Resources) -> AsyncIterator[None]:
    """Start the application as a server does."""
    create_app(resources)
    yield
