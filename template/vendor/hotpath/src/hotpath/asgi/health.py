"""Liveness, readiness and metrics: for machines that watch the service."""

from http import HTTPStatus

from fastapi import Response

from hotpath.aio.reports import ALIVE, Health, Readiness, read_readiness
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.responses import Answer, render, render_json
from hotpath.asgi.routing import Router
from hotpath.http.hot import hot
from hotpath.http.problems import problem_responses
from hotpath.observability.metrics import CONTENT_TYPE

router = Router(tags=["health"])


@router.get(
    "/healthz",
    operation_id="read_health",
    response_model=Health,
    responses=problem_responses(),
)
@hot
async def read_health() -> Answer:
    """Tell that the process lives; touches nothing else."""
    return render_json(ALIVE)


@router.get(
    "/readyz",
    operation_id="read_ready",
    responses={503: {"model": Readiness}, **problem_responses()},
    response_model=Readiness,
)
async def read_ready(resources: ResourcesDep) -> Answer:
    """Tell whether this process should get requests, and what it depends on."""
    readiness = await read_readiness(resources)
    is_ready = readiness.status == "ready"
    return render(readiness, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/metrics", include_in_schema=False)
async def read_metrics(resources: ResourcesDep) -> Response:
    """Return the figures of all processes in Prometheus' text format."""
    return Response(resources.metrics.render(), headers={"content-type": CONTENT_TYPE})
