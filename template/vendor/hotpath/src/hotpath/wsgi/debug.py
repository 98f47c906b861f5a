"""What the process is doing, for those with the admin token; for all others there is nothing."""

from flask import abort, request

from hotpath.blocking.reports import is_admin, read_cache, read_pools
from hotpath.wsgi.dependencies import given
from hotpath.wsgi.responses import Answer, render
from hotpath.wsgi.routing import Router

router = Router("debug", __name__, url_prefix="/debug", doc_ui=False)


@router.before_request
def _require_admin() -> None:
    if not is_admin(given(), request.headers.get("authorization")):
        abort(404)


@router.get("/pools")
def debug_pools() -> Answer:
    """Return the connection pools of this process."""
    return render(read_pools(given()))


@router.get("/cache")
def debug_cache() -> Answer:
    """Return what this process holds, and how it stands with the shared tiers."""
    return render(read_cache(given()))
