"""The table is bounded by entries and by bytes, and the bytes are real ones."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE
from time import time
from typing import Any

from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.tiers import CacheRequest
from hotpath.cache.codec import RAW, Codec, codec_of
from hotpath.cache.entries import Entry
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings
from pydantic import BaseModel

from ..caches import Loader, process, until

MIB = 1 << 20
BOUND_BYTES = 4 * MIB
SLACK_BYTES = 1 * MIB
"""What the allocator keeps, and the interpreter needs once."""


class Item(BaseModel, frozen=True):
    """A small model: the smaller, the more memory for its bytes."""

    number: int
    name: str


Response = tuple[Any, Codec[Any], str, tuple[str, ...]]
"""A value and its codec, its key and its tags."""


def small(number: int) -> Response:
    return b"%d" % number, RAW, f"key:{number}", ()


def tagged(number: int) -> Response:
    return b"%d" % number, RAW, f"key:{number}", (f"tag:{number}",)


def wide(number: int) -> Response:
    return b"x" * 500, RAW, f"key:{number}" + 100 * "\U0001f600", ()


ITEM, ITEMS, VALUES = codec_of(Item), codec_of(list[Item]), codec_of(list[Any])


def model(number: int) -> Response:
    return Item(number=1000 + number, name=f"name {number}"), ITEM, f"key:{number}", ()


def models(number: int) -> Response:
    each = [Item(number=1000 + number + place, name=f"{place}") for place in range(20)]
    return each, ITEMS, f"key:{number}", ()


def shells(number: int) -> Response:
    return [[{}, [], 1e9 + number, "é" * 9] for _ in range(20)], VALUES, f"key:{number}", ()


KINDS = {small: 15_000, tagged: 7_000, wide: 7_000, model: 4_000, models: 500, shells: 500}


def fill_all() -> None:
    """Fill a table with each kind, in processes that are alike."""
    for answer, count in KINDS.items():
        if os.fork() == 0:
            fill(answer, count)
            sys.stdout.flush()
            os._exit(0)
        assert os.wait()[1] == 0


def fill(answer: Callable[[int], Response], count: int) -> None:
    """Keep more than there is room for; print how many bytes the process grew by, and entries."""
    settings = CacheSettings(l1_ttl_s=60, l1_max_bytes=BOUND_BYTES, l1_max_entries=10**7)
    table = MemoryCache(settings, Metrics("shop"))
    gc.collect()
    before = resident_bytes()
    for number in range(count):
        value, codec, key, tags = answer(number)
        request = CacheRequest(key, Loader(value), codec, 60, 0, tags, False)
        data = codec.encode(value)
        now = time()
        flight, _ = table.start(key, tags)
        table.complete(request, flight, Entry(codec.decode(data), data, now, now + 60, now + 60))
    gc.collect()
    sys.stdout.write(f"{resident_bytes() - before} {len(table)} {count}\n")


def resident_bytes() -> int:
    """Return the memory that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_process_grows_by_no_more_than_the_bound() -> None:
    command = [sys.executable, "-c", f"from {__name__} import fill_all; fill_all()"]
    done = subprocess.run(command, check=True, stdout=PIPE, text=True)
    filled = [list(map(int, line.split())) for line in done.stdout.splitlines()]

    assert len(filled) == len(KINDS)
    for grown_bytes, entries, count in filled:
        assert entries < count  # there was no room for more
        assert grown_bytes <= BOUND_BYTES + SLACK_BYTES


async def test_entries_are_bounded_and_what_leaves_is_counted() -> None:
    async with process(l1_max_entries=100) as running:
        for number in range(250):
            await running.cache.get_or_load(f"{number}", Loader(b"value"))

        assert len(running.table) == 100
        assert running.figure("cache_evictions_total", tier="l1") == 150
        assert running.figure("cache_entries") == 100
        assert running.figure("cache_bytes") == running.table.size_bytes


async def test_bytes_are_bounded() -> None:
    async with process(l1_max_bytes=MIB) as running:
        for number in range(30):
            await running.cache.get_or_load(f"{number}", Loader(bytes(100_000)))

        assert 5 <= len(running.table) <= 10
        assert running.figure("cache_bytes") <= MIB
        assert running.figure("cache_evictions_total", tier="l1") == 30 - len(running.table)


async def test_those_that_end_soonest_leave_first() -> None:
    async with process(l1_max_entries=10, ttl_jitter=0) as running:
        long = Loader(b"long")
        for number in range(5):
            await running.cache.get_or_load(f"long {number}", long, ttl=timedelta(seconds=50))
        for number in range(100):
            await running.cache.get_or_load(
                f"{number}", Loader(b"short"), ttl=timedelta(seconds=20)
            )
        for number in range(5):
            await running.cache.get_or_load(f"long {number}", long)

        assert long.calls == 5


async def test_what_ended_leaves_and_is_no_eviction() -> None:
    async with process(l1_max_entries=100) as running:
        for number in range(50):
            await running.cache.get_or_load(
                f"{number}", Loader(b"value"), ttl=timedelta(milliseconds=1)
            )
        await until(lambda: running.figure("cache_entries") == 0)

        assert running.table.size_bytes == 0
        assert running.figure("cache_evictions_total", tier="l1") == 0


async def test_room_is_what_all_entries_weigh_whatever_comes_and_goes() -> None:
    async with process() as running:
        for number in range(300):
            key = f"{number % 7}"
            await running.cache.refresh(key, Loader(bytes(number)))
            if number % 5 == 0:
                await running.cache.invalidate(key)
        held = filter(None, (running.table.find(f"{number}") for number in range(7)))

        assert running.table.size_bytes == sum(each.weight_bytes for each in held)
        await running.cache.invalidate(*(f"{number}" for number in range(7)))
        assert running.table.size_bytes == 0
