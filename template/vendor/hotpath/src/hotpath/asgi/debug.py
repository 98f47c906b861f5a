"""What the process is doing, for those with the admin token; for all others there is nothing."""

from typing import Annotated

from fastapi import Depends, Header, HTTPException

from hotpath.aio.reports import is_admin, read_cache, read_pools
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.responses import Answer, render
from hotpath.asgi.routing import Router


async def _require_admin(
    resources: ResourcesDep, authorization: Annotated[str | None, Header()] = None
) -> None:
    if not is_admin(resources, authorization):
        raise HTTPException(404)


router = Router(prefix="/debug", include_in_schema=False, dependencies=[Depends(_require_admin)])


@router.get("/pools")
async def debug_pools(resources: ResourcesDep) -> Answer:
    """Return the connection pools of this process."""
    return render(read_pools(resources))


@router.get("/cache")
async def debug_cache(resources: ResourcesDep) -> Answer:
    """Return what this process holds, and how it stands with the shared tiers."""
    return render(await read_cache(resources))
