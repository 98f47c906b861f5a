"""`@tracked`, `timer` and `@rss_delta` with coroutines, which run interleaved."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hotpath.debug.growth import read_growths, rss_delta
from hotpath.observability.timers import timer, tracked

from ..timed import figures
from ..tries import tried_again


@pytest.fixture
def name() -> str:
    """Return a name that no other test uses."""
    return uuid4().hex


@tried_again
async def test_interleaved_coroutines_are_each_timed_until_they_end(name: str) -> None:
    @tracked(name=name)
    async def wait(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    assert await asyncio.gather(wait(0.05), wait(0.01), wait(0.03)) == [0.05, 0.01, 0.03]

    assert figures(name).count == 3
    assert figures(name).total_s >= 0.09
    assert 0.05 <= figures(name).max_s < 1


async def test_a_cancelled_coroutine_is_counted_and_no_error(name: str) -> None:
    @tracked(name=name)
    async def wait() -> None:
        await asyncio.sleep(20)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait(), 0.01)

    assert (figures(name).count, figures(name).errors) == (1, 0)


async def test_an_error_in_a_coroutine_is_counted_and_goes_on(name: str) -> None:
    @tracked(name=name)
    async def fail() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await fail()

    assert (figures(name).count, figures(name).errors) == (1, 1)


@tried_again
async def test_blocks_of_interleaved_coroutines_are_each_timed(name: str) -> None:
    async def wait(seconds: float) -> None:
        with timer(name):
            await asyncio.sleep(seconds)

    await asyncio.gather(wait(0.05), wait(0.01))

    assert figures(name).count == 2
    assert 0.05 <= figures(name).max_s < 1


async def test_the_growth_in_a_coroutine_is_counted() -> None:
    @rss_delta
    async def allocate() -> bytes:
        return bytes(b"x" * 50_000_000)

    kept = await allocate()

    [growth] = [each for each in read_growths() if each.name.endswith("allocate")]
    assert growth.calls == 1
    assert growth.last_bytes == growth.max_bytes == growth.total_bytes >= len(kept) // 2


async def generator() -> AsyncIterator[int]:
    yield 1


def test_an_async_generator_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match="generator is a generator"):
        tracked(generator)
    with pytest.raises(TypeError, match="generator is a generator"):
        rss_delta(generator)
