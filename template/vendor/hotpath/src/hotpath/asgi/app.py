"""Puts the application together: routes, errors, lifespan, layer. Nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from package_name.features import ROUTERS

from hotpath.aio.concurrency import bound_threads
from hotpath.aio.resources import open_resources
from hotpath.asgi import debug, health, tasks
from hotpath.asgi.bodies import BodyLimit
from hotpath.asgi.errors import add_error_handlers
from hotpath.asgi.hot_routes import HotRoutes
from hotpath.asgi.middleware import ObservabilityMiddleware
from hotpath.asgi.telemetry import telemetry
from hotpath.observability.access_log import open_access_log
from hotpath.observability.garbage_collection import freeze_gc
from hotpath.observability.logs import configure_logs
from hotpath.observability.metrics import Metrics
from hotpath.observability.requests import RequestRecorder
from hotpath.server.signals import drain_as_server
from hotpath.settings import DESCRIPTION, TITLE, VERSION, Settings, read_settings

_ROUTERS = (health.router, tasks.router, *ROUTERS, debug.router)


def create_app(settings: Settings | None = None) -> ObservabilityMiddleware:
    """Return the whole application; its resources open when the server starts it."""
    settings = settings or read_settings()
    configure_logs(settings.observability, is_json=settings.environment == "production")
    metrics = Metrics()
    log = open_access_log(settings.observability, is_json=settings.environment == "production")
    api = create_api(settings, metrics)
    hot = HotRoutes(
        api, _ROUTERS if settings.server.hot_routes else (), settings.server.max_body_bytes
    )
    return ObservabilityMiddleware(api, hot, RequestRecorder(metrics, log))


def create_api(settings: Settings, metrics: Metrics) -> FastAPI:
    """Return FastAPI with every route and error handler."""

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        bound_threads(settings.server.threads)
        async with open_resources(settings, metrics) as resources:
            api.state.resources = resources
            freeze_gc()
            server = settings.server
            with drain_as_server(server.kind, resources.draining.start, server.drain_s):
                yield

    api = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        telemetry=telemetry(),
        redirect_slashes=False,
        # Not by `include_router`: it asks router after router, twice, which takes as long as a
        # light route. `dependency_overrides` do not reach routes that are given so.
        routes=[route for router in _ROUTERS for route in router.routes],
    )
    add_error_handlers(api)
    api.add_middleware(BodyLimit, max_bytes=settings.server.max_body_bytes)
    return api
