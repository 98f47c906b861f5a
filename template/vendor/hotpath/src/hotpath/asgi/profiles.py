"""`/debug/profile` and what it takes: profiles of the process, of requests and of functions."""

import asyncio
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi import Response as FrameworkResponse

from hotpath.aio.concurrency import run_blocking
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.messages import IS_HEAD
from hotpath.asgi.responses import Response, render
from hotpath.asgi.routes import require_admin
from hotpath.asgi.routing import Router
from hotpath.profiling.decorator import report
from hotpath.profiling.formats import MEDIA_TYPES, Format
from hotpath.profiling.formats import render as render_profile
from hotpath.profiling.profile import Profile
from hotpath.profiling.requests import RequestProfiles
from hotpath.profiling.schemas import FormatQuery, ProfileQuery, ProfilesOut
from hotpath.profiling.store import open_store

debug = Router(prefix="/debug", include_in_schema=False, dependencies=[Depends(require_admin)])


@debug.get("/profile")
async def debug_profile(
    request: Request, resources: ResourcesDep, query: Annotated[ProfileQuery, Query()]
) -> FrameworkResponse:
    """Profile this process for some seconds, and return the profile; for HEAD nothing is taken."""
    if request.scope.get(IS_HEAD):
        return FrameworkResponse(headers={"content-type": MEDIA_TYPES[query.format]})
    profiles: RequestProfiles = request.app.state.profiles
    name = f"{resources.settings.service.distribution}, {query.seconds:g} s"
    with profiles.process.running(name, query.clock, is_event_loop=True) as running:
        await asyncio.sleep(query.seconds)
    return await _render(running.taken(), query.format)


@debug.get("/profiles")
async def debug_profiles() -> Response:
    """List the profiles of requests and functions that are kept, of all processes."""
    return render(
        ProfilesOut.model_validate({"profiles": await run_blocking(open_store().entries)})
    )


@debug.get("/profiles/{profile_id}")
async def debug_profile_taken(
    profile_id: str, query: Annotated[FormatQuery, Query()]
) -> FrameworkResponse:
    """Return a profile that was taken."""
    return await _render(await run_blocking(open_store().load, profile_id), query.format)


@debug.get("/profiled")
async def debug_profiled() -> Response:
    """Return the figures of the functions of this process that are `@profiled`."""
    return render(await run_blocking(report))


async def _render(profile: Profile, format_: Format) -> FrameworkResponse:
    body = await run_blocking(render_profile, profile, format_)
    return FrameworkResponse(body, headers={"content-type": MEDIA_TYPES[format_]})
