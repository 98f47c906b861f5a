"""Liveness, readiness and metrics: for machines that watch the service."""

from http import HTTPStatus

from flask import Response
from flask_openapi3 import Tag

from hotpath.blocking.reports import ALIVE, Health, Readiness, read_readiness
from hotpath.http.hot import hot
from hotpath.http.problems import problem_responses
from hotpath.observability.metrics import CONTENT_TYPE
from hotpath.wsgi.dependencies import given
from hotpath.wsgi.responses import Answer, render, render_json
from hotpath.wsgi.routing import Router

router = Router("health", __name__, abp_tags=[Tag(name="health")])


@router.get(
    "/healthz",
    operation_id="read_health",
    responses={200: Health, **problem_responses()},
)
@hot
def read_health() -> Answer:
    """Tell that the process lives; touches nothing else."""
    return render_json(ALIVE)


@router.get(
    "/readyz",
    operation_id="read_ready",
    responses={200: Readiness, 503: Readiness, **problem_responses()},
)
def read_ready() -> Answer:
    """Tell whether this process should get requests, and what it depends on."""
    readiness = read_readiness(given())
    is_ready = readiness.status == "ready"
    return render(readiness, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/metrics", doc_ui=False)
def read_metrics() -> Response:
    """Return the figures of all processes in Prometheus' text format."""
    return Response(given().metrics.render(), content_type=CONTENT_TYPE)
