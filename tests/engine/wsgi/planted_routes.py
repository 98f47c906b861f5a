"""Routes that fail, are slow, or call others; see `planted_service.py`."""

import time

import httpx2
from flask import request
from hotpath.observability.tracing import outbound_call
from hotpath.tasks.model import TaskRow
from hotpath.wsgi import Response, Router, get_resources, hot, render_json

from .planted_inputs import COUNT, SLEEP_S, Number, Secret, Url

router = Router(tags=["planted"])


@router.get("/fail")
def fail(query: Secret) -> Response:
    """Fail with a secret in a local variable."""
    local = f"local {query.secret}"
    raise RuntimeError(f"planted, {len(local)}")


@router.get("/fail-hot")
@hot
def fail_hot(query: Secret) -> Response:
    """Fail the same way without the framework."""
    local = f"local {query.secret}"
    raise RuntimeError(f"planted, {len(local)}")


@router.get("/clash")
def clash(query: Secret) -> Response:
    """Violate a constraint with a secret."""
    for _ in range(2):
        with get_resources().db.writing() as session:
            session.add(TaskRow(id=query.secret, name="planted"))
    return render_json(b"{}")


@router.get("/invalid")
def invalid(query: Secret) -> Response:
    """Fail where Pydantic would show the value."""
    Number.model_validate({"number": query.secret})
    return render_json(b"{}")


@router.get("/where")
def where() -> dict[str, str]:
    """Tell what the framework knows of the request."""
    return {"url": request.url, "root": request.url_root, "client": request.remote_addr or ""}


@router.get("/slow")
def slow() -> Response:
    """Spend time in the database, in another service, and here."""
    with get_resources().db.reading() as session:
        session.execute(COUNT).scalar_one()
    with outbound_call("GET", "http://elsewhere/", {}) as call:
        time.sleep(SLEEP_S)
        call.status = 200
    time.sleep(SLEEP_S)
    return render_json(b"{}")


@router.get("/call")
@hot
def call(query: Url) -> Response:
    """Call another service."""
    headers: dict[str, str] = {}
    with outbound_call("GET", query.url, headers) as outbound:
        with httpx2.Client() as http:
            found = http.get(query.url, headers=headers)
        outbound.status = found.status_code
    return render_json(b"{}")
