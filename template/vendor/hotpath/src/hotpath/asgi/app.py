"""The application: FastAPI with every route, on the resources of the process."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

from hotpath.aio.concurrency import Debouncer, bounded_threads
from hotpath.aio.rate_limit import RateLimiter
from hotpath.aio.resources import Resources
from hotpath.asgi import debug_routes, profiles, routes
from hotpath.asgi.bodies import BodyLimit
from hotpath.asgi.cors import PreflightMiddleware
from hotpath.asgi.errors import ErrorHandlers
from hotpath.asgi.hot_routes import HotRoutes
from hotpath.asgi.messages import App
from hotpath.asgi.middleware import ObservabilityMiddleware
from hotpath.asgi.monitoring import monitored
from hotpath.asgi.rate_limit import LimitedHotRoutes, RateLimitMiddleware
from hotpath.asgi.routing import routes_of
from hotpath.features import Features
from hotpath.http.cors import Cors
from hotpath.http.documentation import in_shared_form
from hotpath.http.errors import StatusByError
from hotpath.observability.access_log import open_access_log
from hotpath.observability.client_address import trusted_proxies
from hotpath.observability.garbage_collection import freeze_gc
from hotpath.observability.logs import configure_logs
from hotpath.observability.metrics import Metrics
from hotpath.observability.requests import RequestRecorder
from hotpath.observability.tracing import Tracer, open_tracing
from hotpath.profiling.requests import RequestProfiles
from hotpath.server.signals import ON_DRAIN, ON_SHED, drain_as_server
from hotpath.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own sees no hot routes, and looks for an exporter at each request, which takes 5 µs."""


class Application(ObservabilityMiddleware):
    """A service as an ASGI application; its resources open with the lifespan.

    Attributes:
        api: FastAPI with all routes; add to it what FastAPI can do besides.
        hot_routes: The routes that are handled without FastAPI.
        resources: Those of the process, once they are open.
    """

    hot_routes: HotRoutes

    def __init__(
        self,
        settings: S,
        open_resources: Callable[[S, Metrics], AbstractAsyncContextManager[Resources]],
        routers: Sequence[APIRouter] = (),
        status_by_error: StatusByError | None = None,
    ) -> None:
        """Create the application of a service.

        Args:
            settings: Its settings.
            open_resources: Opens its resources; called by `opened`.
            routers: Routes beside those of its features; of two that match a path the first
                responds.
            status_by_error: The statuses of errors, beside the engine's own.
        """
        is_json, package = settings.is_production, settings.service.package
        configure_logs(settings.observability, is_json=is_json, package=package)
        self._log = open_access_log(settings.observability, is_json=is_json)
        features = Features(settings.service).routers()
        others = (
            *((routes.documentation,) if settings.server.docs else ()),
            routes.debug,
            debug_routes.memory,
            debug_routes.page,
            profiles.debug,
        )
        all_routers = (routes.health, routes.tasks, *routers, *features, *others)
        error_handlers = ErrorHandlers(status_by_error or {})
        self.settings: ServiceSettings = settings
        self.api = self._make_api(all_routers, error_handlers)
        self._open_resources = partial(open_resources, settings, Metrics.of(settings))
        server = settings.server
        hot_routers = all_routers if server.hot_routes else ()
        is_limited = bool(server.limits)
        make_hot_routes = LimitedHotRoutes if is_limited else HotRoutes
        hot_routes = make_hot_routes(self.api, hot_routers, server.max_body_bytes, error_handlers)
        profiles_of_requests = RequestProfiles.of(settings.observability, server.root_path)
        self.api.state.profiles = profiles_of_requests
        app: App = RateLimitMiddleware(self.api, hot_routes) if is_limited else self.api
        cors = Cors.of(server)
        app = app if cors is None else PreflightMiddleware(app, cors)
        super().__init__(app, hot_routes, profiles_of_requests, server)

    @property
    def resources(self) -> Resources:
        """The resources of the process, while they are open."""
        resources: Resources = self.api.state.resources
        return resources

    def on(self, resources: Resources, tracer: Tracer | None = None) -> Self:
        """Use resources that the caller has opened, such as a test; nothing else is started."""
        self.api.state.resources = resources
        self.api.state.rate_limiter = RateLimiter.of(resources)
        settings = self.settings
        self.recorder = RequestRecorder(
            resources.metrics,
            self._log,
            Debouncer,
            slow_s=settings.observability.slow_request_s,
            proxies=trusted_proxies(settings.server),
            tracer=tracer,
            root_path=settings.server.root_path,
        )
        return self

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Self]:
        """Open the resources and make ready to serve, as a server does by the lifespan."""
        server = self.settings.server
        with bounded_threads(server.threads), open_tracing(self.settings.service) as tracer:
            async with self._open_resources() as resources:
                self.on(resources, tracer)
                freeze_gc()
                with drain_as_server(server.kind, resources.draining.start, server.drain_s):
                    async with monitored(resources):
                        yield self

    def _make_api(self, routers: Sequence[APIRouter], error_handlers: ErrorHandlers) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
            async with self.opened() as opened:
                on_shed = opened.resources.metrics.requests_shed.inc
                yield {ON_DRAIN: opened.resources.draining.start, ON_SHED: on_shed}

        about = self.settings.service.metadata
        api = Api(
            root_path_of_proxy=self.settings.server.root_path,
            title=about["Name"],
            version=about["Version"],
            description=about["Summary"],
            lifespan=lifespan,
            telemetry=_NO_TELEMETRY,
            redirect_slashes=False,
            openapi_url=None,  # `routes.documentation` has it
            # Not by `include_router`: it calls router after router, twice, which takes as long as
            # a light route. `dependency_overrides` do not reach routes that are passed here.
            routes=routes_of(routers),
        )
        error_handlers.add_to(api)
        api.add_middleware(BodyLimit, max_bytes=self.settings.server.max_body_bytes)
        return api


class Api(FastAPI):
    """FastAPI, except that its OpenAPI document is in the form that both web flavours share."""

    def __init__(self, root_path_of_proxy: str, **options: Any) -> None:
        super().__init__(**options)
        self._root_path_of_proxy = root_path_of_proxy

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is made once."""
        if self.openapi_schema is None:
            self.openapi_schema = in_shared_form(super().openapi(), self._root_path_of_proxy)
        return self.openapi_schema
