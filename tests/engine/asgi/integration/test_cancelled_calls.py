"""A call to another service whose caller goes away."""

import asyncio
from contextlib import suppress

from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..calling import calling
from ..faulty_service import faulty_service, is_silent, works

WITHIN_S = 10.0


async def test_a_cancelled_call_gives_its_turn_back_and_is_no_failure(workspace: Workspace) -> None:
    limits = {"MAX_PER_DEPENDENCY": 1, "MAX_CONNECTIONS": 1, "POOL_WAIT_S": 0.1}
    patient = {"READ_TIMEOUT_S": 30, "TIMEOUT_S": 30, "BREAKER_FAILURES": 1}
    with faulty_service(is_silent) as other:
        async with calling(workspace, other.url, **limits, **patient) as dependency:
            call = asyncio.create_task(dependency.get("/"))
            came = await asyncio.to_thread(wait_until, lambda: bool(other.requests), WITHIN_S)
            call.cancel()
            with suppress(asyncio.CancelledError):
                await call
            other.behaviour = works
            after = await dependency.get("/")

    assert came
    assert call.cancelled()
    assert after.status == 200
