"""What is kept and for how long: absence, stale answers, sizes, types."""

from collections.abc import Mapping
from time import monotonic, time
from typing import Any, TypeVar

import pytest
from hotpath.aio.cache.l1 import RETRY_S
from hotpath.aio.cache.tiers import CacheRequest, OriginTier
from hotpath.aio.concurrency import Signal
from hotpath.cache.codec import RAW, codec_of
from hotpath.cache.entries import Entry, Invalidation
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

from ..caches import SOON_S, Loader, Process, process, until

T = TypeVar("T")

KEY = "answer"
INTS = codec_of(int)


class Aged:
    """A tier whose answers have lived for a while, and end when told."""

    def __init__(self, fresh_s_by_value: Mapping[Any, float], ends_s: float = 3600) -> None:
        self._fresh_s_by_value = fresh_s_by_value
        self._ends_s = ends_s

    async def read(self, request: CacheRequest[T]) -> Entry[T]:
        """Load an answer whose moments are so many seconds from now."""
        value, now = await request.load(), time()
        fresh_until = now + self._fresh_s_by_value[value]
        return Entry(value, b"", now, fresh_until, now + self._ends_s)

    async def invalidate(self, invalidation: Invalidation) -> None:
        """Forget nothing: there is nothing."""


async def ask_until_loading(running: Process, loader: Loader[int]) -> None:
    """CacheRequest for a stale answer, which is 1, until it is being renewed."""
    deadline = monotonic() + SOON_S
    while not loader.calls:
        assert monotonic() < deadline
        assert await running.cache.get_or_load(KEY, loader, codec=INTS) == 1
        await Signal().wait(0.002)


@pytest.mark.parametrize(
    ("type_", "value"),
    [(bytes, b""), (list[int], []), (int, 0), (str, ""), (bool, False), (int, None)],
)
async def test_an_empty_answer_is_an_answer(type_: Any, value: Any) -> None:
    async with process() as running:
        loader = Loader(value)
        codec = codec_of(type_)

        first = await running.cache.get_or_load(KEY, loader, codec=codec)
        again = await running.cache.get_or_load(KEY, loader, codec=codec)

        assert (first, again, type(again)) == (value, value, type(value))
        assert loader.calls == 1
        assert running.figure("cache_hits_total", tier="l1") == 1


async def test_absence_lives_shorter() -> None:
    source = OriginTier(CacheSettings(l1_ttl_s=60, absent_ttl_s=5, ttl_jitter=0), Metrics("shop"))
    lives = []
    for value in (None, b"here"):
        request = CacheRequest(KEY, Loader(value), RAW, 60, 30, (), False)
        entry = await source.read(request)
        fresh_s, stale_s = entry.fresh_until - entry.loaded_at, entry.ends_at - entry.fresh_until
        lives.append((round(fresh_s), round(stale_s)))

    assert lives == [(5, 0), (60, 30)]


async def test_lives_are_shortened_by_chance_within_bounds() -> None:
    source = OriginTier(CacheSettings(l1_ttl_s=60, ttl_jitter=0.5), Metrics("shop"))
    request = CacheRequest(KEY, Loader(b"here"), RAW, 1000, 0, (), False)
    entries = [await source.read(request) for _ in range(200)]
    lives = [entry.fresh_until - entry.loaded_at for entry in entries]

    assert 499 <= min(lives) < 600
    assert 900 < max(lives) <= 1001


async def test_a_stale_answer_is_given_at_once_and_renewed_once_behind_it() -> None:
    async with process(Aged({1: -1, 2: 60})) as running:
        await running.cache.refresh(KEY, Loader(1), codec=INTS)
        gated = Loader(2, is_gated=True)
        await ask_until_loading(running, gated)

        for _ in range(20):
            assert await running.cache.get_or_load(KEY, gated, codec=INTS) == 1
        gated.gate.set()
        await until(lambda: held_value(running) == 2)

        assert await running.cache.get_or_load(KEY, gated, codec=INTS) == 2
        assert gated.calls == 1


async def test_a_stale_answer_serves_while_renewing_fails_and_that_is_tried_seldom() -> None:
    async with process(Aged({1: -1})) as running:
        await running.cache.refresh(KEY, Loader(1), codec=INTS)
        failing: Loader[int] = Loader(LookupError("no"))
        await ask_until_loading(running, failing)
        started = monotonic()

        for _ in range(200):
            assert await running.cache.get_or_load(KEY, failing, codec=INTS) == 1
            await Signal().wait(0.0001)

        assert failing.calls <= 2 + (monotonic() - started) / RETRY_S


async def test_a_stale_answer_ends() -> None:
    async with process(Aged({1: -1}, ends_s=0.02)) as running:
        await running.cache.refresh(KEY, Loader(1), codec=INTS)
        await until(lambda: held_value(running) is None)

        with pytest.raises(LookupError):
            await running.cache.get_or_load(KEY, Loader(LookupError("no")), codec=INTS)


async def test_a_refresh_replaces_what_is_kept() -> None:
    async with process() as running:
        assert await running.cache.get_or_load(KEY, Loader(1), codec=INTS) == 1
        with pytest.raises(LookupError):
            await running.cache.refresh(KEY, Loader(LookupError("no")), codec=INTS)
        assert await running.cache.get_or_load(KEY, Loader(2), codec=INTS) == 1

        assert await running.cache.refresh(KEY, Loader(3), codec=INTS) == 3
        assert await running.cache.get_or_load(KEY, Loader(4), codec=INTS) == 3


async def test_too_large_an_answer_is_given_counted_and_not_kept() -> None:
    async with process(max_value_bytes=10) as running:
        small, large = Loader(bytes(10)), Loader(bytes(11))
        assert await running.cache.get_or_load(KEY, small) == small.value
        for calls in (1, 2):  # what it takes the place of goes too
            assert await running.cache.refresh(KEY, large) == large.value
            assert len(running.table) == 0
            assert running.figure("cache_oversized_total") == calls


@pytest.mark.parametrize(
    ("type_", "value"),
    [(bytes, "text"), (int, "7"), (list[int], [1, "2"]), (str, b"\xff"), (dict[str, int], [1])],
)
async def test_an_answer_of_another_type_is_an_error(type_: Any, value: Any) -> None:
    async with process() as running:
        for _ in range(2):
            with pytest.raises(TypeError):
                await running.cache.get_or_load(KEY, Loader(value), codec=codec_of(type_))

        assert len(running.table) == 0


def held_value(running: Process) -> Any:
    """Return what is kept, be it stale or not."""
    held = running.table.find(KEY)
    return held and held.value
