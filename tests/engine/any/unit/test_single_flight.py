"""Misses at the same time load once per process; a load that may be old is kept nowhere."""

import gc
import weakref
from functools import partial
from typing import Any

import pytest
from hotpath.cache.codec import codec_of

from ..caches import Loader, Process, process, until
from ..callers import Caller

CALLERS = 12
KEY = "user:7"
INTS = codec_of(int)


class Lost(Exception):
    """A load that failed."""


def calls(running: Process, loader: Loader[int], count: int = CALLERS) -> list[Caller[int]]:
    """Let callers ask for `KEY` at once, whose answer has the tag "users"."""
    request = partial(running.cache.get_or_load, KEY, loader, codec=INTS, tags=("users",))
    return [Caller(request) for _ in range(count)]


async def read(running: Process, loader: Loader[int]) -> int:
    """CacheRequest for `KEY` once."""
    return await running.cache.get_or_load(KEY, loader, codec=INTS, tags=("users",))


async def all_wait(running: Process, count: int = CALLERS) -> None:
    """Wait until so many callers have missed, and found who loads."""
    await until(lambda: running.figure("cache_misses_total", tier="l1") == count)


async def test_misses_at_the_same_time_load_once() -> None:
    async with process() as running:
        loader = Loader(1, is_gated=True)
        callers = calls(running, loader)
        await all_wait(running)
        loader.gate.set()

        assert [await each.outcome() for each in callers] == [1] * CALLERS
        assert loader.calls == 1
        assert await read(running, loader) == 1
        assert (loader.calls, running.figure("cache_loads_total")) == (1, 1)


async def test_who_looked_before_the_answer_came_does_not_load_it_again() -> None:
    async with process() as running:
        for _ in range(30):  # a caller is late in some of them
            loader = Loader(1)
            callers = calls(running, loader)
            assert [await each.outcome() for each in callers] == [1] * CALLERS
            assert loader.calls == 1
            await running.cache.invalidate(KEY)


async def test_a_failed_load_fails_all_who_wait_each_with_a_copy_and_is_not_kept() -> None:
    async with process() as running:
        failing: Loader[int] = Loader(Lost("no"), is_gated=True)
        callers = calls(running, failing)
        await all_wait(running)
        failing.gate.set()

        errors = [await each.outcome() for each in callers]
        assert [(type(each), str(each)) for each in errors] == [(Lost, "no")] * CALLERS
        assert len({id(each) for each in errors}) == CALLERS
        assert failing.calls == 1
        assert await read(running, Loader(2)) == 2


async def test_a_load_that_hangs_holds_up_the_others_for_a_lease() -> None:
    async with process(lease_s=0.05) as running:
        hanging = Loader(1, is_gated=True)
        first = calls(running, hanging, 1)
        await all_wait(running, 1)
        loader = Loader(2)
        others = calls(running, loader)

        assert [await each.outcome() for each in others] == [2] * CALLERS
        assert loader.calls == 1
        hanging.gate.set()
        assert await first[0].outcome() == 1
        assert await read(running, loader) == 2


async def test_a_load_slower_than_a_lease_is_kept_and_serves_those_who_wait_for_the_next() -> None:
    async with process(lease_s=0.05) as running:
        slow, slower = Loader(1, is_gated=True), Loader(2, is_gated=True)
        [first] = calls(running, slow, 1)
        await all_wait(running, 1)
        [second] = calls(running, slower, 1)
        await until(lambda: slower.calls == 1)  # it waited for a lease
        slow.gate.set()
        assert await first.outcome() == 1

        assert await read(running, Loader(3)) == 1
        slower.gate.set()
        assert await second.outcome() == 2


async def test_a_slow_load_that_a_change_overtook_is_not_kept_after_another_failed() -> None:
    async with process(lease_s=0.05) as running:
        slow: Loader[int] = Loader(1, is_gated=True)
        failing: Loader[int] = Loader(Lost("no"), is_gated=True)
        [first] = calls(running, slow, 1)
        await all_wait(running, 1)
        [second] = calls(running, failing, 1)
        await until(lambda: failing.calls == 1)
        failing.gate.set()
        assert isinstance(await second.outcome(), Lost)
        await running.cache.invalidate(KEY)
        slow.gate.set()

        assert await first.outcome() == 1
        assert await read(running, Loader(2)) == 2


async def test_nobody_waits_for_more_than_two_leases() -> None:
    async with process(lease_s=0.05) as running:
        hanging = [Loader(number, is_gated=True) for number in range(4)]
        callers = []
        for number, loader in enumerate(hanging):
            callers += calls(running, loader, 1)
            await all_wait(running, number + 1)

        await until(lambda: all(loader.calls == 1 for loader in hanging))
        for loader in hanging:
            loader.gate.set()
        assert [await each.outcome() for each in callers] == [0, 1, 2, 3]


@pytest.mark.parametrize("how", ["key", "tag", "pattern"])
async def test_a_load_from_before_a_change_is_neither_joined_nor_kept(how: str) -> None:
    async with process() as running:
        old = Loader(1, is_gated=True)
        first = calls(running, old, 1)
        await all_wait(running, 1)
        if how == "key":
            await running.cache.invalidate(KEY)
        elif how == "tag":
            await running.cache.invalidate(tags=["users"])
        else:
            await running.cache.invalidate(patterns=["user:*"])

        assert await read(running, Loader(2)) == 2
        old.gate.set()
        assert await first[0].outcome() == 1
        assert await read(running, Loader(3)) == 2


@pytest.mark.parametrize("tags", [(), ("users",)])
async def test_what_a_change_overtook_takes_no_room(tags: tuple[str, ...]) -> None:
    async with process() as running:
        old = Loader(1, is_gated=True)
        first = calls(running, old, 1)
        await all_wait(running, 1)
        await running.cache.invalidate(*(() if tags else (KEY,)), tags=tags)
        old.gate.set()

        assert await first[0].outcome() == 1
        assert len(running.table) == 0


async def test_a_refresh_does_not_take_what_was_loading_before_it() -> None:
    async with process() as running:
        old = Loader(1, is_gated=True)
        first = calls(running, old, 1)
        await all_wait(running, 1)

        assert await running.cache.refresh(KEY, Loader(2), codec=INTS) == 2
        old.gate.set()
        assert await first[0].outcome() == 1
        assert await read(running, Loader(3)) == 2


async def test_an_answer_of_the_wrong_type_fails_all_and_holds_up_nobody() -> None:
    async with process() as running:
        wrong: Loader[Any] = Loader("one", is_gated=True)
        request = partial(running.cache.get_or_load, KEY, wrong, codec=INTS)
        callers = [Caller(request) for _ in range(CALLERS)]
        await all_wait(running)
        wrong.gate.set()

        assert {type(await each.outcome()) for each in callers} == {TypeError}
        assert await read(running, Loader(2)) == 2


async def test_nothing_is_left_of_loads_that_ended() -> None:
    async with process() as running:
        left = []
        for number in range(20):
            loader: Loader[int] = Loader(1 if number % 2 else Lost("no"))
            left.append(weakref.ref(loader))
            key = str(number)
            request = partial(running.cache.get_or_load, key, loader, codec=INTS, tags=(key,))
            await Caller(request).outcome()
            del loader, request
        await running.cache.invalidate(patterns=["*"])
        gc.collect()

        assert [each() for each in left if each() is not None] == []
        assert len(running.table) == running.table.size_bytes == 0
