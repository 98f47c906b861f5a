"""Cancelling calls that are made side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from hotpath.aio.gather import gather_bounded, gather_outcomes
from hypothesis import given
from hypothesis import strategies as st

GATHERS = [gather_bounded, partial(gather_outcomes, errors=OSError)]
STEPS = 6


@given(
    gather=st.sampled_from(GATHERS),
    count=st.integers(1, 8),
    at_once=st.integers(1, 4),
    after=st.integers(0, 12),
)
def test_cancelling_it_leaves_nothing_running(
    gather: Callable[..., Awaitable[object]], count: int, at_once: int, after: int
) -> None:
    """Whenever it is cancelled, also while calls end, no call is left half-way."""
    running = 0

    async def call() -> None:
        nonlocal running
        running += 1
        try:
            for _ in range(STEPS):
                await asyncio.sleep(0)
        finally:
            try:
                await asyncio.sleep(0)  # what ends takes its time
            finally:
                running -= 1

    async def main() -> None:
        gathering = asyncio.ensure_future(gather([call] * count, at_once))
        for _ in range(after):
            await asyncio.sleep(0)
        if gathering.cancel():
            with pytest.raises(asyncio.CancelledError):
                await gathering
        assert running == 0

    asyncio.run(main())


@pytest.mark.parametrize("gather", GATHERS)
async def test_a_call_that_another_cancels_is_no_missing_result(
    gather: Callable[..., Awaitable[object]],
) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def endless() -> None:
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(gather([endless, cancelled], 2), 10)
