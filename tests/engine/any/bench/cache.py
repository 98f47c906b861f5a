"""What a hit in this process costs, and what 64 callers that miss together load.

Symptom: a cached route pays for the cache on every request, 4 to 12 µs with a library.

Multiples of a bare cachebox get, on 2 cores, ASGI (WSGI): a hit 3.6 (2.6) → 3.0 (1.9), of which 1.5
(0.6) is the call; with a tag 43 (41) → 7.5 (5.2). cashews 110, aiocache 200, dogpile.cache 77.

`nox -s bench -- asgi-sqlite-memory-none cache`; the rows of libraries that are not installed, or
are only for the other kind of code, are left out.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from time import perf_counter

from cachebox import LRUCache, VTTLCache
from hotpath.aio.cache.cache import Cache
from hotpath.aio.concurrency import Signal
from hotpath.cache.codec import codec_of
from hotpath.observability.metrics import Metrics
from rich.console import Console
from rich.table import Table

from package_name.resources import open_resources

from .peers import Load, Read, all_at_once, memory_peers, run
from .place import measured
from .rounds import Work, seconds_of, table_of

HITS = 3_000  # few, so that most rounds are over before the system gives the core to others
CALLERS = 64
LOAD_S = 0.05
BODY = b"a user as JSON" * 10
BARE = "cachebox get"
OURS = "get_or_load"
WORD = codec_of(str)


async def main() -> None:
    """Print both tables."""
    with measured() as workspace:
        async with AsyncExitStack() as stack:
            opened = open_resources(workspace.settings(), Metrics("shop"))
            cache = (await stack.enter_async_context(opened)).cache
            seconds = await seconds_of(await hits(cache), HITS)
            show = Console().print
            show(table_of("a hit in this process", seconds, BARE))
            show(await stampedes({OURS: reads(cache), **memory_peers(is_guarded=True)}))


async def hits(cache: Cache) -> Mapping[str, Work]:
    """Return ways to read what is cached."""
    with_time: VTTLCache[str, bytes] = VTTLCache(1000)
    with_time.insert("key", BODY, ttl=60)
    without: LRUCache[str, bytes] = LRUCache(1000)
    without.insert("key", BODY)
    await cache.get_or_load("tagged", load, tags=("a",))
    return {
        BARE: gets(with_time.get),
        "cachebox get, LRU": gets(without.get),
        "an empty call": repeated(nothing),
        OURS: repeated(reads(cache)),
        f"{OURS}, with options": repeated(reads_with_options(cache)),
        f"{OURS}, with tags": repeated(reads_with_tags(cache)),
        **{name: repeated(read) for name, read in memory_peers(is_guarded=False).items()},
    }


async def load() -> bytes:
    """Stand for the database."""
    return BODY


async def load_word() -> str:
    """Stand for a value of a type."""
    return "a word"


async def nothing(key: str, load: Load) -> object:
    """Cost what any call costs."""
    return None


def reads(cache: Cache) -> Read:
    """Return our way, as bodies are read."""
    return cache.get_or_load


def reads_with_options(cache: Cache) -> Read:
    """Return our way, as values of a type are read."""

    async def read(key: str, load: Load) -> object:
        return await cache.get_or_load("typed", load_word, codec=WORD, is_expensive=True)

    return read


def reads_with_tags(cache: Cache) -> Read:
    """Return our way, as lists are read: it looks whether a tag was invalidated."""

    async def read(key: str, load: Load) -> object:
        return await cache.get_or_load("tagged", load, tags=("a",))

    return read


def gets(get: Callable[[str], object]) -> Work:
    """Return so many looks into a table."""

    async def work(times: int) -> None:
        for _ in range(times):
            get("key")

    return work


def repeated(read: Read) -> Work:
    """Return so many reads of one key."""

    async def work(times: int) -> None:
        for _ in range(times):
            await read("key", load)

    return work


async def stampedes(ways: Mapping[str, Read]) -> Table:
    """Let callers miss together, and count what is loaded."""
    table = Table("way", "loads", "ms", title=f"{CALLERS} callers of a cold key, {LOAD_S} s a load")
    for name, read in ways.items():
        loads: list[float] = []

        async def load(loads: list[float] = loads) -> bytes:
            loads.append(perf_counter())
            await Signal().wait(LOAD_S)
            return BODY

        async def one(read: Read = read, load: Load = load) -> None:
            assert await read("cold", load) == BODY

        started = perf_counter()
        await all_at_once(CALLERS, one)
        table.add_row(name, f"{len(loads)}", f"{(perf_counter() - started) * 1000:.0f}")
    return table


if __name__ == "__main__":
    run(main())
