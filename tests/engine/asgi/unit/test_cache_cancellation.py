"""Callers that go away while they load or wait."""

import asyncio
from functools import partial

from hotpath.cache.codec import codec_of

from ..caches import Loader, process, until
from ..callers import Caller

INTS = codec_of(int)


async def test_when_who_loads_goes_away_another_one_loads() -> None:
    async with process() as running:
        loader = Loader(1, is_gated=True)
        request = partial(running.cache.get_or_load, "k", loader, codec=INTS)
        first, *others = [Caller(request) for _ in range(5)]
        await until(lambda: running.figure("cache_misses_total", tier="l1") == 5)
        first.cancel()
        await until(lambda: loader.calls == 2)
        loader.gate.set()

        assert [await each.outcome() for each in others] == [1] * 4
        assert loader.calls == 2


async def test_who_waits_and_goes_away_takes_nobody_along() -> None:
    async with process() as running:
        loader = Loader(1, is_gated=True)
        request = partial(running.cache.get_or_load, "k", loader, codec=INTS)
        callers = [Caller(request) for _ in range(5)]
        await until(lambda: running.figure("cache_misses_total", tier="l1") == 5)
        callers.pop().cancel()
        await asyncio.sleep(0)
        loader.gate.set()

        assert [await each.outcome() for each in callers] == [1] * 4
        assert loader.calls == 1
