"""The application: Flask with every route, on the resources of the process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, partial
from sys import _getframe
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Response as FrameworkResponse
from flask import current_app, request
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from werkzeug.exceptions import MethodNotAllowed, NotFound

from hotpath.blocking.concurrency import Debouncer
from hotpath.blocking.rate_limit import RateLimiter
from hotpath.blocking.resources import Resources
from hotpath.features import Features
from hotpath.http.cors import Cors
from hotpath.http.documentation import in_shared_form
from hotpath.http.errors import StatusByError
from hotpath.http.paths import fixed_paths
from hotpath.observability.access_log import open_access_log
from hotpath.observability.client_address import trusted_proxies
from hotpath.observability.garbage_collection import freeze_gc
from hotpath.observability.logs import configure_logs
from hotpath.observability.metrics import Metrics
from hotpath.observability.requests import RequestRecorder
from hotpath.observability.tracing import Tracer, open_tracing
from hotpath.profiling.requests import RequestProfiles
from hotpath.server.signals import ON_DRAIN, ON_SHED
from hotpath.settings import ServiceSettings
from hotpath.wsgi import debug_routes, profiles, routes
from hotpath.wsgi.bodies import JsonRequest
from hotpath.wsgi.cors import PreflightRoutes
from hotpath.wsgi.dependencies import ResourcesMiddleware
from hotpath.wsgi.errors import ErrorHandlers, invalid_input_response
from hotpath.wsgi.hot_routes import HotRoutes, declared_paths, template_of
from hotpath.wsgi.middleware import ROUTE, ObservabilityMiddleware
from hotpath.wsgi.monitoring import monitored, watch_threads
from hotpath.wsgi.profiled import begin_profile, respond_profiled
from hotpath.wsgi.rate_limit import LimitedHotRoutes, RateLimitMiddleware
from hotpath.wsgi.responses import Response
from hotpath.wsgi.server.threads import WORKER, Outbox, Threads, WorkerState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

S = TypeVar("S", bound=ServiceSettings)


class Application:
    """A service, of which each worker process opens a WSGI application after fork."""

    def __init__(
        self,
        settings: S,
        open_resources: Callable[[S, Metrics], AbstractContextManager[Resources]],
        routers: Sequence[APIBlueprint] = (),
        status_by_error: StatusByError | None = None,
    ) -> None:
        """Create the application of a service.

        Args:
            settings: Its settings.
            open_resources: Opens its resources; called by `opened`.
            routers: Routes beside those of its features.
            status_by_error: The statuses of errors, beside the engine's own.
        """
        is_json, package = settings.is_production, settings.service.package
        configure_logs(settings.observability, is_json=is_json, package=package)
        self.settings: ServiceSettings = settings
        self._open_resources = partial(open_resources, settings)
        self._routers = (
            routes.health,
            *((routes.documentation,) if settings.server.docs else ()),
            routes.debug,
            debug_routes.memory,
            debug_routes.page,
            profiles.debug,
            routes.tasks,
            *routers,
            *Features(settings.service).routers(),
        )
        self._error_handlers = ErrorHandlers(status_by_error or {})

    def on(self, resources: Resources, tracer: Tracer | None = None) -> "ServedApplication":
        """Return the application on resources that the caller has opened, such as a test."""
        settings = self.settings
        recorder = RequestRecorder(
            resources.metrics,
            open_access_log(settings.observability, is_json=settings.is_production),
            Debouncer,
            slow_s=settings.observability.slow_request_s,
            proxies=trusted_proxies(settings.server),
            tracer=tracer,
            root_path=settings.server.root_path,
        )
        api = self._make_api(resources)
        root_path = settings.server.root_path
        profiles_of_requests = RequestProfiles.of(settings.observability, root_path)
        if profiles_of_requests is None:
            return ServedApplication(api, resources, recorder)
        api.extensions[profiles.PROFILES] = profiles_of_requests
        return ProfiledApplication(api, resources, recorder, profiles_of_requests)

    @contextmanager
    def opened(self) -> "Iterator[ServedApplication]":
        """Open the resources and make ready to serve, as a server does in each worker."""
        with (
            open_tracing(self.settings.service) as tracer,
            self._open_resources(Metrics.of(self.settings)) as resources,
        ):
            served = self.on(resources, tracer)
            freeze_gc()
            with monitored(resources):
                yield served

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[object]],
        send: Callable[[dict[str, str]], Awaitable[None]],
    ) -> None:
        """Open everything when uvicorn starts, and close it at the end: ASGI's lifespan.

        That blocks the event loop, while no request is handled yet or any more.
        """
        await receive()
        server = self.settings.server
        loop = asyncio.get_running_loop()
        outbox = Outbox(loop)
        with (
            self.opened() as served,
            Threads(server.threads, loop) as threads,
        ):
            watch_threads(served.resources, threads)
            scope["state"][ON_SHED] = served.resources.metrics.requests_shed.inc
            scope["state"][ON_DRAIN] = served.resources.draining.start
            scope["state"][WORKER] = WorkerState(served, threads, outbox, server)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        outbox.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _make_api(self, resources: Resources) -> "Api":
        about = self.settings.service.metadata
        api = Api(
            __name__,
            info=Info(title=about["Name"], version=about["Version"], description=about["Summary"]),
            doc_ui=False,
            static_folder=None,
            validation_error_status="default",
            validation_error_callback=invalid_input_response,
        )
        api.request_class = JsonRequest
        api.url_map.merge_slashes = False
        api.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        api.config["APPLICATION_ROOT"] = self.settings.server.root_path or "/"
        api.config["MAX_CONTENT_LENGTH"] = self.settings.server.max_body_bytes
        for router in self._routers:
            api.register_api(router)
        self._error_handlers.add_to(api)
        api.before_request(_check_path)
        api.wsgi_app = ResourcesMiddleware(api.wsgi_app, resources)  # type: ignore[method-assign] # as Flask documents it
        return api


class ServedApplication(ObservabilityMiddleware):
    """The WSGI application of one process, on its resources.

    Attributes:
        api: Flask with all routes.
        hot_routes: The routes that are handled without Flask.
        resources: Those of the process.
    """

    hot_routes: HotRoutes

    def __init__(self, api: "Api", resources: Resources, recorder: RequestRecorder) -> None:
        server = resources.settings.server
        limiter = RateLimiter.of(resources)
        if limiter is None:
            super().__init__(api, HotRoutes(api, resources), recorder, server)
        else:
            hot_routes = LimitedHotRoutes(api, resources, limiter)
            super().__init__(RateLimitMiddleware(api), hot_routes, recorder, server)
        cors = Cors.of(server)
        if cors is not None:
            self.first = PreflightRoutes(self.hot_routes, cors)
        self.api = api
        self.resources = resources


class ProfiledApplication(ServedApplication):
    """The same where requests may be profiled; elsewhere they are not even asked whether."""

    def __init__(
        self,
        api: "Api",
        resources: Resources,
        recorder: RequestRecorder,
        profiles_of_requests: RequestProfiles,
    ) -> None:
        super().__init__(api, resources, recorder)
        self._profiles = profiles_of_requests

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one HTTP request, and profile it if that was asked for or is its turn."""
        found = self._profiles
        if found.process.needs_threads:
            found.process.enter(_getframe(1))
        if found.wants("HTTP_X_PROFILE" in environ):
            profile = begin_profile(found, environ)
            if profile is not None:
                return respond_profiled(profile, super().__call__, environ, start_response)
        return super().__call__(environ, start_response)


class Api(OpenAPI):
    """Flask, except that a `Response` is sent as it is, if no `after_request` function is there,
    and for its OpenAPI document.

    Flask would call it to copy it, and then call the copy: a third of the time of a light request.
    """

    @cached_property
    def fixed_paths(self) -> set[str]:
        """The paths of routes without parameters; Flask takes no more routes once it serves."""
        return fixed_paths(declared_paths(self))

    @cached_property
    def api_doc(self) -> dict[str, Any]:
        """The OpenAPI document, in the form that both web flavours share."""
        root_path = self.config["APPLICATION_ROOT"].rstrip("/")
        return in_shared_form(super().api_doc, root_path)

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Any:
        """Return the response that is sent."""
        if isinstance(rv, Response) and not self.after_request_funcs:
            return rv
        response: FrameworkResponse = super().finalize_request(rv, from_error_handler)
        return response

    def make_response(self, rv: Any) -> FrameworkResponse:
        """Convert what an endpoint returned; an empty body gets no content-type."""
        response: FrameworkResponse = super().make_response(rv)
        if isinstance(rv, Response) and not rv.body:
            response.headers.pop("content-type", None)
        return response


def _check_path() -> None:
    """Pass the template that matched to the middleware; respond as the ASGI flavour's router does.

    Werkzeug drops slashes at the start of a path, and tries a template with parameters if a path
    without them does not have the method.
    """
    if request.environ["PATH_INFO"].startswith("//"):
        raise NotFound
    rule = request.url_rule
    if rule is None:
        return
    request.environ[ROUTE] = template_of(rule)
    if rule.arguments and request.path in cast(Api, current_app).fixed_paths:
        raise MethodNotAllowed
