"""Puts the application together: routes, errors, layer. Nothing else."""

from flask import request
from flask_openapi3 import Info
from package_name.features import ROUTERS

from hotpath.blocking.resources import Resources
from hotpath.observability.access_log import open_access_log
from hotpath.observability.garbage_collection import freeze_gc
from hotpath.observability.requests import RequestRecorder
from hotpath.settings import DESCRIPTION, TITLE, VERSION
from hotpath.wsgi import debug, health, tasks
from hotpath.wsgi.bodies import JsonRequest
from hotpath.wsgi.dependencies import ResourcesMiddleware
from hotpath.wsgi.errors import add_error_handlers, bad_input
from hotpath.wsgi.framework import Api
from hotpath.wsgi.hot_routes import HotRoutes, template_of
from hotpath.wsgi.middleware import ROUTE, ObservabilityMiddleware
from hotpath.wsgi.openapi import add_documentation


def create_app(resources: Resources) -> ObservabilityMiddleware:
    """Return the whole application on resources that whoever serves it opened, after fork."""
    settings = resources.settings
    log = open_access_log(settings.observability, is_json=settings.environment == "production")
    api = create_api(resources)
    freeze_gc()
    return ObservabilityMiddleware(
        api, HotRoutes(api, resources), RequestRecorder(resources.metrics, log)
    )


def create_api(resources: Resources) -> Api:
    """Return Flask with every route and error handler."""
    info = Info(title=TITLE, version=VERSION, description=DESCRIPTION)
    api = Api(
        __name__,
        info=info,
        doc_ui=False,
        static_folder=None,
        validation_error_status="default",
        validation_error_callback=bad_input,
    )
    api.request_class = JsonRequest
    api.url_map.merge_slashes = False
    api.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    api.config["MAX_CONTENT_LENGTH"] = resources.settings.server.max_body_bytes
    for router in (health.router, debug.router, tasks.router, *ROUTERS):
        api.register_api(router)
    add_documentation(api)
    add_error_handlers(api)
    api.before_request(_leave_route)
    api.wsgi_app = ResourcesMiddleware(api.wsgi_app, resources)  # type: ignore[method-assign] # Flask's own way
    return api


def _leave_route() -> None:
    """Tell the layer which template the router matched, spelled as OpenAPI does."""
    if request.url_rule is not None:
        request.environ[ROUTE] = template_of(request.url_rule)
