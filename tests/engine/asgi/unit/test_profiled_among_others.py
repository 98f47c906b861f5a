"""`@profiled` coroutines: what others do meanwhile is not theirs."""

import asyncio
from pathlib import Path

import pytest
from hotpath.observability.multiprocess import FOLDER_VARIABLE
from hotpath.profiling.decorator import profiled

from ..profiled_calls import burn, profile_of


async def test_a_coroutine_is_charged_with_its_own_work_and_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    async def child() -> None:
        await asyncio.sleep(0)
        burn()

    @profiled
    async def own() -> None:
        await asyncio.sleep(0.02)
        await asyncio.create_task(child())

    async def other() -> None:
        for _ in range(5):
            sum(each for each in range(100_000))
            await asyncio.sleep(0)

    await asyncio.gather(own(), other())

    profile = profile_of("own")
    names = {frame.name for stack in profile.seconds_by_stack for frame in stack}
    assert {"burn", "[await]"} <= names
    assert not any(name.endswith(".other") for name in names)
    own_seconds = {frame.name: seconds for frame, seconds in profile.own_seconds()}
    assert own_seconds["[await]"] >= 0.02
