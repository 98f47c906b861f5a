"""The application inside this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_openapi3 import OpenAPI
from werkzeug.test import Client

from shop.api.hot_routes import HotRoutes
from shop.app import create_api, create_app
from shop.observability.layer import ObservabilityLayer
from shop.resources import Resources


def app_on(resources: Resources) -> OpenAPI:
    """Return the application on resources that a test has opened."""
    return create_api(resources)


def hot_app(resources: Resources) -> tuple[ObservabilityLayer, HotRoutes]:
    """Return the whole application and its hot routes."""
    app = create_app(resources)
    assert isinstance(app.shortcut, HotRoutes)
    return app, app.shortcut


def hot_routes(resources: Resources) -> set[tuple[str, str]]:
    """Return method and template of the hot routes."""
    return {route for route in hot_app(resources)[1].table.hot if route[0] != "HEAD"}


def answer_without_router(resources: Resources, path: str) -> tuple[int, bytes]:
    """Return what is answered when the framework knows no route."""
    app, routes = hot_app(resources)
    routes.api.view_functions.clear()
    answer = Client(app).get(path)
    return answer.status_code, answer.data


def whole_app_on(resources: Resources) -> ObservabilityLayer:
    """Return it with the layer that observes requests, as a server runs it."""
    return hot_app(resources)[0]


@contextmanager
def served(resources: Resources) -> Iterator[None]:
    """Start the application as a server does."""
    create_app(resources)
    yield
