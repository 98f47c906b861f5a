"""Routes that fail, are slow, or call others; see `planted_service.py`."""

import asyncio
import time
from typing import Annotated

import httpx2
from fastapi import Query, Request
from hotpath.asgi import ResourcesDep, Response, Router, hot, render_json
from hotpath.observability.tracing import outbound_call
from hotpath.tasks.model import TaskRow

from .planted_inputs import COUNT, SLEEP_S, Number, Secret, Url

router = Router(tags=["planted"])


@router.get("/fail")
async def fail(secret: str) -> Response:
    """Fail with a secret in a local variable."""
    local = f"local {secret}"
    raise RuntimeError(f"planted, {len(local)}")


@router.get("/fail-hot")
@hot
async def fail_hot(query: Annotated[Secret, Query()]) -> Response:
    """Fail the same way without the framework."""
    local = f"local {query.secret}"
    raise RuntimeError(f"planted, {len(local)}")


@router.get("/clash")
async def clash(secret: str, resources: ResourcesDep) -> Response:
    """Violate a constraint with a secret."""
    for _ in range(2):
        async with resources.db.writing() as session:
            session.add(TaskRow(id=secret, name="planted"))
    return render_json(b"{}")


@router.get("/invalid")
async def invalid(secret: str) -> Response:
    """Fail where Pydantic would show the value."""
    Number.model_validate({"number": secret})
    return render_json(b"{}")


@router.get("/where")
async def where(request: Request) -> dict[str, str]:
    """Tell what the framework knows of the request."""
    client = request.client.host if request.client else ""
    return {"url": str(request.url), "root": str(request.base_url), "client": client}


@router.get("/slow")
async def slow(resources: ResourcesDep) -> Response:
    """Spend time in the database, in another service, and here."""
    async with resources.db.reading() as session:
        await session.execute(COUNT)
    with outbound_call("GET", "http://elsewhere/", {}) as call:
        await asyncio.sleep(SLEEP_S)
        call.status = 200
    await asyncio.sleep(SLEEP_S)
    return render_json(b"{}")


@router.get("/call")
@hot
async def call(query: Annotated[Url, Query()]) -> Response:
    """Call another service."""
    headers: dict[str, str] = {}
    with outbound_call("GET", query.url, headers) as outbound:
        async with httpx2.AsyncClient() as http:
            found = await http.get(query.url, headers=headers)
        outbound.status = found.status_code
    return render_json(b"{}")


@router.get("/block")
async def block() -> Response:
    """Block the event loop."""
    time.sleep(SLEEP_S)  # noqa: ASYNC251 - as a mistake would
    return render_json(b"{}")
