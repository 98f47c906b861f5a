"""The application inside this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI
from hotpath.asgi.hot_routes import HotRoutes
from hotpath.asgi.middleware import ObservabilityMiddleware

from package_name.app import create_app
from package_name.resources import Resources


def app_on(resources: Resources) -> FastAPI:
    """Return the application on resources that a test has opened."""
    return create_app(resources.settings).on(resources).api


def hot_app(resources: Resources) -> tuple[ObservabilityMiddleware, HotRoutes]:
    """Return the whole application and its hot routes."""
    app = create_app(resources.settings).on(resources)
    return app, app.hot_routes


def hot_routes(resources: Resources) -> set[tuple[str, str]]:
    """Return method and template of the hot routes."""
    return hot_app(resources)[1].table.hot


async def answer_without_router(resources: Resources, path: str) -> tuple[int, bytes]:
    """Return what is answered when the framework knows no route."""
    app, routes = hot_app(resources)
    routes.api.router.routes.clear()
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://hot") as http:
        answer = await http.get(path)
    return answer.status_code, answer.content


def whole_app_on(resources: Resources) -> ObservabilityMiddleware:
    """Return it with the layer that observes requests, as a server runs it."""
    return hot_app(resources)[0]


@asynccontextmanager
async def served(resources: Resources) -> AsyncIterator[None]:
    """Start the application as a server does."""
    async with create_app(resources.settings).opened():
        yield
