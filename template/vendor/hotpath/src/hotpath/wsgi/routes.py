"""The engine's own routes: health and metrics, states of tasks, debugging."""

from http import HTTPStatus
from typing import Annotated, cast

from flask import Response as FrameworkResponse
from flask import abort, current_app, request
from flask_openapi3 import OpenAPI
from pydantic import BaseModel, Field

from hotpath.blocking.reports import (
    ALIVE,
    Health,
    Readiness,
    read_cache,
    read_pools,
    read_readiness,
)
from hotpath.http.documentation import (
    ASSETS,
    CACHE_CONTROL,
    documentation_page,
    encoded_document,
    read_asset,
)
from hotpath.http.hot import hot
from hotpath.http.problems import problem_responses
from hotpath.observability.admin import may_debug, may_scrape
from hotpath.observability.metrics import CONTENT_TYPE
from hotpath.observability.request_context import root_path
from hotpath.tasks.model import TASK_ID, TaskNotFound, TaskOut
from hotpath.wsgi.dependencies import get_resources
from hotpath.wsgi.responses import Response, render, render_json
from hotpath.wsgi.routing import Router

health = Router(tags=["health"])
tasks = Router(tags=["tasks"])
documentation = Router(include_in_schema=False)


class TaskPath(BaseModel):
    """Which task."""

    task_id: Annotated[str, Field(pattern=TASK_ID)]


class AssetPath(BaseModel):
    """Which file of the documentation's page."""

    name: str


def require_admin() -> None:
    """Respond 404 to who may not see `/debug`."""
    settings = get_resources().settings.observability
    if not may_debug(settings, request.method, request.headers):
        abort(404)


debug = Router(prefix="/debug", include_in_schema=False)
debug.before_request(require_admin)


@health.get(
    "/healthz",
    operation_id="read_health",
    responses={200: Health, **problem_responses()},
)
@hot
def read_health() -> Response:
    """Tell that the process lives; touches nothing else."""
    return render_json(ALIVE)


@health.get(
    "/readyz",
    operation_id="read_ready",
    responses={200: Readiness, 503: Readiness, **problem_responses()},
)
def read_ready() -> Response:
    """Tell whether this process should get requests, and what it depends on."""
    readiness = read_readiness(get_resources())
    is_ready = readiness.status == "ready"
    return render(readiness, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@health.get("/metrics", doc_ui=False)
def read_metrics() -> FrameworkResponse:
    """Return the metrics of all processes in Prometheus' text format."""
    resources = get_resources()
    authorization = request.headers.get("authorization")
    if not may_scrape(resources.settings.observability, authorization):
        abort(404)
    return FrameworkResponse(resources.metrics.render(), content_type=CONTENT_TYPE)


@tasks.get(
    "/tasks/<task_id>",
    operation_id="read_task",
    responses={200: TaskOut, **problem_responses(404)},
)
def read_task(path: TaskPath) -> Response:
    """Tell how a task is doing, and its result once there is one."""
    task = get_resources().tasks.status(path.task_id)
    if task is None:
        raise TaskNotFound(path.task_id)
    return render(task)


@documentation.get("/openapi.json")
def read_openapi() -> Response:
    """Return the OpenAPI document."""
    return render_json(encoded_document(cast(OpenAPI, current_app).api_doc))


@documentation.get("/docs")
def read_docs() -> FrameworkResponse:
    """Return the page that shows the OpenAPI document."""
    page = documentation_page(cast(OpenAPI, current_app).info.title, root_path())
    return FrameworkResponse(page, mimetype="text/html")


@documentation.get("/docs/<name>")
def read_docs_asset(path: AssetPath) -> FrameworkResponse:
    """Return a file of that page."""
    if path.name not in ASSETS:
        abort(404)
    headers = {"content-type": ASSETS[path.name], "cache-control": CACHE_CONTROL}
    return FrameworkResponse(read_asset(path.name), headers=headers)


@debug.get("/pools")
def debug_pools() -> Response:
    """Return the connection pools of this process."""
    return render(read_pools(get_resources()))


@debug.get("/cache")
def debug_cache() -> Response:
    """Return the memory cache of this process, and the state of the shared tiers."""
    return render(read_cache(get_resources()))
