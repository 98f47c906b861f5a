"""`/debug`: a page about the process that responds, the same as JSON, and its memory."""

from typing import Annotated

from flask import Response as FrameworkResponse
from flask import abort, request
from pydantic import BaseModel, Field
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from hotpath.blocking.debug import read_debug
from hotpath.debug.memory import MAX_ROWS, TRACER, read_memory
from hotpath.debug.page import HEADERS, render_page
from hotpath.observability.admin import CHALLENGE, may_debug, wants_login
from hotpath.wsgi.dependencies import get_resources
from hotpath.wsgi.responses import Response, render, render_nothing
from hotpath.wsgi.routes import require_admin
from hotpath.wsgi.routing import Router

page = Router(include_in_schema=False)
memory = Router(prefix="/debug/memory", include_in_schema=False)
memory.before_request(require_admin)


class MemoryQuery(BaseModel):
    """What `/debug/memory` tells besides."""

    objects: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 0


class DifferenceQuery(BaseModel):
    """How many lines to tell of."""

    top: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 20


@page.get("/debug")
def debug_page() -> FrameworkResponse | Response:
    """Return the page, or JSON to who asks for that alone."""
    resources = get_resources()
    settings = resources.settings.observability
    if not may_debug(settings, request.method, request.headers):
        if wants_login(settings, request.headers):
            raise Unauthorized(www_authenticate=WWWAuthenticate.from_header(CHALLENGE))
        abort(404)
    report = read_debug(resources)
    if request.headers.get("accept", "").startswith("application/json"):
        return render(report, headers={"cache-control": "no-store"})
    text = render_page(resources.settings.service.distribution, report.model_dump(mode="json"))
    return FrameworkResponse(text, content_type="text/html; charset=utf-8", headers=HEADERS)


@page.get("/debug.json")
def debug_json() -> Response:
    """Return what the page shows."""
    require_admin()
    return render(read_debug(get_resources()), headers={"cache-control": "no-store"})


@memory.get("")
def debug_memory(query: MemoryQuery) -> Response:
    """Return the memory of this process."""
    return render(read_memory(query.objects))


@memory.post("/snapshot")
def take_snapshot() -> Response:
    """Take a snapshot of what is allocated; start tracing if it is off."""
    return render(TRACER.take())


@memory.delete("/snapshot")
def drop_snapshot() -> Response:
    """Stop tracing, and drop the snapshot."""
    TRACER.stop()
    return render_nothing()


@memory.get("/difference")
def read_difference(query: DifferenceQuery) -> Response:
    """Return the lines whose memory changed most since the snapshot."""
    return render(TRACER.difference(query.top))
