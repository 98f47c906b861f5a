"""Liveness, readiness and metrics: for machines that watch the service."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from ..observability.metrics import CONTENT_TYPE
from .context import Given
from .problems import problem_responses
from .readiness import Health, Readiness, read_readiness
from .render import render

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="read_health", responses=problem_responses())
async def read_health() -> Health:
    """Tell that the process lives; touches nothing else."""
    return Health()


@router.get(
    "/readyz",
    operation_id="read_ready",
    responses={503: {"model": Readiness}, **problem_responses()},
    response_model=Readiness,
)
async def read_ready(resources: Given) -> Response:
    """Tell whether this process should get requests, and what it depends on."""
    readiness = await read_readiness(resources)
    is_ready = readiness.status == "ready"
    return render(readiness, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/metrics", include_in_schema=False)
async def read_metrics(resources: Given) -> Response:
    """Return the figures of all processes in Prometheus' text format."""
    return Response(resources.metrics.render(), headers={"content-type": CONTENT_TYPE})
