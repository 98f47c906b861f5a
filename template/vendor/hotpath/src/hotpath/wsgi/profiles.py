"""`/debug/profile` and what it takes: profiles of the process, of requests and of functions."""

import time

from flask import Response as FrameworkResponse
from flask import current_app, request

from hotpath.profiling.decorator import report
from hotpath.profiling.formats import MEDIA_TYPES, Format
from hotpath.profiling.formats import render as render_profile
from hotpath.profiling.profile import Profile
from hotpath.profiling.requests import RequestProfiles
from hotpath.profiling.schemas import FormatQuery, ProfilePath, ProfileQuery, ProfilesOut
from hotpath.profiling.store import open_store
from hotpath.wsgi.dependencies import get_resources
from hotpath.wsgi.responses import Response, render
from hotpath.wsgi.routes import require_admin
from hotpath.wsgi.routing import Router

PROFILES = "hotpath_profiles"
"""Its key in the extensions of Flask."""

debug = Router(prefix="/debug", include_in_schema=False)
debug.before_request(require_admin)


@debug.get("/profile")
def debug_profile(query: ProfileQuery) -> FrameworkResponse:
    """Profile this process for some seconds, and return the profile; for HEAD nothing is taken."""
    if request.method == "HEAD":
        return FrameworkResponse(content_type=MEDIA_TYPES[query.format])
    profiles: RequestProfiles = current_app.extensions[PROFILES]
    name = f"{get_resources().settings.service.distribution}, {query.seconds:g} s"
    with profiles.process.running(name, query.clock, is_event_loop=False) as running:
        time.sleep(query.seconds)
    return _render(running.taken(), query.format)


@debug.get("/profiles")
def debug_profiles() -> Response:
    """List the profiles of requests and functions that are kept, of all processes."""
    return render(ProfilesOut.model_validate({"profiles": open_store().entries()}))


@debug.get("/profiles/<profile_id>")
def debug_profile_taken(path: ProfilePath, query: FormatQuery) -> FrameworkResponse:
    """Return a profile that was taken."""
    return _render(open_store().load(path.profile_id), query.format)


@debug.get("/profiled")
def debug_profiled() -> Response:
    """Return the figures of the functions of this process that are `@profiled`."""
    return render(report())


def _render(profile: Profile, format_: Format) -> FrameworkResponse:
    return FrameworkResponse(render_profile(profile, format_), content_type=MEDIA_TYPES[format_])
