"""The engine's own routes: health and metrics, states of tasks, debugging."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Path, Request
from fastapi import Response as FrameworkResponse

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.reports import (
    ALIVE,
    Health,
    Readiness,
    read_cache,
    read_pools,
    read_readiness,
)
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.responses import Response, render, render_json
from hotpath.asgi.routing import Router
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


async def require_admin(request: Request, resources: ResourcesDep) -> None:
    """Respond 404 to who may not see `/debug`."""
    if not may_debug(resources.settings.observability, request.method, request.headers):
        raise HTTPException(404)


health = Router(tags=["health"])
tasks = Router(tags=["tasks"])
documentation = Router(include_in_schema=False)
debug = Router(prefix="/debug", include_in_schema=False, dependencies=[Depends(require_admin)])


@health.get(
    "/healthz",
    operation_id="read_health",
    response_model=Health,
    responses=problem_responses(),
)
@hot
async def read_health() -> Response:
    """Tell that the process lives; touches nothing else."""
    return render_json(ALIVE)


@health.get(
    "/readyz",
    operation_id="read_ready",
    responses={503: {"model": Readiness}, **problem_responses()},
    response_model=Readiness,
)
async def read_ready(resources: ResourcesDep) -> Response:
    """Tell whether this process should get requests, and what it depends on."""
    readiness = await read_readiness(resources)
    is_ready = readiness.status == "ready"
    return render(readiness, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@health.get("/metrics", include_in_schema=False)
async def read_metrics(
    resources: ResourcesDep, authorization: Annotated[str | None, Header()] = None
) -> FrameworkResponse:
    """Return the metrics of all processes in Prometheus' text format."""
    if not may_scrape(resources.settings.observability, authorization):
        raise HTTPException(404)
    headers = {"content-type": CONTENT_TYPE}
    resources.metrics.flush()
    return FrameworkResponse(await run_blocking(resources.metrics.render_flushed), headers=headers)


@tasks.get(
    "/tasks/{task_id}",
    operation_id="read_task",
    response_model=TaskOut,
    responses=problem_responses(404),
)
async def read_task(
    task_id: Annotated[str, Path(pattern=TASK_ID)], resources: ResourcesDep
) -> Response:
    """Tell how a task is doing, and its result once there is one."""
    task = await resources.tasks.status(task_id)
    if task is None:
        raise TaskNotFound(task_id)
    return render(task)


@documentation.get("/openapi.json")
async def read_openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return render_json(encoded_document(request.app.openapi()))


@documentation.get("/docs")
async def read_docs(request: Request) -> FrameworkResponse:
    """Return the page that shows the OpenAPI document."""
    page = documentation_page(request.app.title, root_path())
    return FrameworkResponse(page, media_type="text/html")


@documentation.get("/docs/{name}")
async def read_docs_asset(name: str) -> FrameworkResponse:
    """Return a file of that page."""
    if name not in ASSETS:
        raise HTTPException(404)
    headers = {"content-type": ASSETS[name], "cache-control": CACHE_CONTROL}
    return FrameworkResponse(await run_blocking(read_asset, name), headers=headers)


@debug.get("/pools")
async def debug_pools(resources: ResourcesDep) -> Response:
    """Return the connection pools of this process."""
    return render(read_pools(resources))


@debug.get("/cache")
async def debug_cache(resources: ResourcesDep) -> Response:
    """Return the memory cache of this process, and the state of the shared tiers."""
    return render(await read_cache(resources))
