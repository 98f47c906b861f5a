"""`/debug`: a page about the process that responds, the same as JSON, and its memory."""

from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from fastapi import Response as FrameworkResponse

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.debug import read_debug
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.responses import Response, render, render_nothing
from hotpath.asgi.routes import require_admin
from hotpath.asgi.routing import Router
from hotpath.debug.memory import MAX_ROWS, TRACER, read_memory
from hotpath.debug.page import HEADERS, render_page
from hotpath.observability.admin import CHALLENGE, may_debug, wants_login

page = Router(include_in_schema=False)
memory = Router(
    prefix="/debug/memory", include_in_schema=False, dependencies=[Depends(require_admin)]
)

Rows = Annotated[int, Query(ge=1, le=MAX_ROWS)]


@page.get("/debug")
async def debug_page(request: Request, resources: ResourcesDep) -> FrameworkResponse:
    """Return the page, or JSON to who asks for that alone."""
    settings = resources.settings.observability
    if not may_debug(settings, request.method, request.headers):
        if wants_login(settings, request.headers):
            raise HTTPException(401, headers={"www-authenticate": CHALLENGE})
        raise HTTPException(404)
    report = await read_debug(resources)
    if request.headers.get("accept", "").startswith("application/json"):
        return render(report, headers={"cache-control": "no-store"})
    text = render_page(resources.settings.service.distribution, report.model_dump(mode="json"))
    return FrameworkResponse(text, media_type="text/html", headers=HEADERS)


@page.get("/debug.json", dependencies=[Depends(require_admin)])
async def debug_json(resources: ResourcesDep) -> Response:
    """Return what the page shows."""
    return render(await read_debug(resources), headers={"cache-control": "no-store"})


@memory.get("")
async def debug_memory(objects: Annotated[int, Query(ge=0, le=MAX_ROWS)] = 0) -> Response:
    """Return the memory of this process."""
    return render(await run_blocking(read_memory, objects))


@memory.post("/snapshot")
async def take_snapshot() -> Response:
    """Take a snapshot of what is allocated; start tracing if it is off."""
    return render(await run_blocking(TRACER.take))


@memory.delete("/snapshot")
async def drop_snapshot() -> Response:
    """Stop tracing, and drop the snapshot."""
    await run_blocking(TRACER.stop)
    return render_nothing()


@memory.get("/difference")
async def read_difference(top: Rows = 20) -> Response:
    """Return the lines whose memory changed most since the snapshot."""
    return render(await run_blocking(TRACER.difference, top))
