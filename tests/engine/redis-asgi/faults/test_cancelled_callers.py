"""A request that is cancelled while it talks to Redis leaves nothing behind for the next one."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

from hotpath.testing.workspace import Workspace

from ..origin import Origin, until
from ..redis_server import process_on

TURNS = 30
"""Of the event loop, until a call that meets no trouble has ended."""


async def cancel_after(turns: int, work: Coroutine[Any, Any, object]) -> None:
    """Begin `work` and cancel it after so many turns of the event loop."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def test_no_answer_reaches_another_caller(workspace: Workspace) -> None:
    origin, keys = Origin(), [uuid4().hex for _ in range(TURNS)]
    url = workspace.setting("CACHE__URL")
    async with (
        process_on(workspace, url) as other,
        process_on(workspace, url, CACHE__MAX_CONNECTIONS=1) as ours,
    ):
        for key in keys:
            await origin.read(other.cache, key)

        for turns, key in enumerate(keys):
            await cancel_after(turns, origin.read(ours.cache, key))

        assert [await origin.read(ours.cache, key) for key in keys] == list(map(origin.now, keys))
        assert origin.loads.total() == len(keys)
        assert await ours.cache.state() == "ok"


async def test_a_change_is_told_though_its_caller_is_cancelled(workspace: Workspace) -> None:
    origin, keys = Origin(), [uuid4().hex for _ in range(TURNS)]
    url = workspace.setting("CACHE__URL")
    async with process_on(workspace, url) as other, process_on(workspace, url) as ours:
        for key in keys:
            assert await origin.read(other.cache, key) == await origin.read(ours.cache, key)

        for turns, key in enumerate(keys):
            await cancel_after(turns, origin.write(ours.cache, key))

        async def is_seen() -> bool:
            read = [await origin.read(each.cache, key) for key in keys for each in (ours, other)]
            return read == [origin.now(key) for key in keys for _ in (ours, other)]

        await until(is_seen)
