"""Two processes and a shelf that fails, compared with a dictionary.

After a write and its invalidation no read gives anything older: at once in the process that
wrote, and in the other one once it was told.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

from hotpath.aio.cache.tiers import Options
from hotpath.aio.concurrency import Loop
from hotpath.cache.codec import codec_of
from hotpath.cache.entries import Invalidation
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ..failing_store import FailingStore, Shelf, process_over

INTS = codec_of(int)
FRESH: Options = {"codec": INTS}
STALE: Options = {"codec": INTS, "ttl": timedelta(microseconds=1), "stale": timedelta(hours=1)}
OPTIONS: dict[str, Options] = {
    "plain": FRESH,
    "tagged": {**FRESH, "tags": ("all",)},
    "stale": STALE,
    "tagged stale": {**STALE, "tags": ("all", "stale")},
    "expensive": {**FRESH, "is_expensive": True},
}
COMMANDS = [f"{name}{late}" for name in ("get", "lease", "put", "invalidate") for late in ("", "+")]
LOOP = Loop()

KEYS = st.sampled_from([*OPTIONS])
FIRM_KEYS = st.sampled_from([key for key in OPTIONS if "stale" not in key])
"""Read by their readers alone: a stale answer is loaded in the background, at any later moment."""

PROCESSES = st.integers(0, 1)
WAYS = st.sampled_from(["key", "tag", "pattern"])


class Processes(RuleBasedStateMachine):
    """The answer of a key is the number of writes to it, so that older answers are smaller."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.database = dict.fromkeys(OPTIONS, 0)
        self.off_the_shelf = dict.fromkeys(OPTIONS, 0)
        """Nothing older is on the shelf."""

        self.known = [dict.fromkeys(OPTIONS, 0) for _ in range(2)]
        """Per process: nothing older may be read in it."""

        self.shelf = Shelf(self.was_forgotten)
        self.stores = [FailingStore(self.shelf) for _ in range(2)]
        self.processes = [LOOP.run(process_over(self.stack, store)) for store in self.stores]

    @rule(who=PROCESSES)
    def read(self, who: int) -> None:
        for key in OPTIONS:
            LOOP.run(self.answer(who, key))

    @rule(who=PROCESSES, key=FIRM_KEYS, writer=PROCESSES, way=WAYS, is_told=st.booleans())
    def read_while_it_is_written(
        self, who: int, key: str, writer: int, way: str, is_told: bool
    ) -> None:
        async def load() -> int:
            value = self.database[key]
            await self.invalidation(writer, key, way)
            if is_told:
                self.hear(who)
            return value

        LOOP.run(self.answer(who, key, load))

    @rule(who=PROCESSES, key=KEYS, other=PROCESSES)
    def read_while_it_is_read(self, who: int, key: str, other: int) -> None:
        async def load() -> int:
            value = self.database[key]
            await self.answer(other, key)
            return value

        LOOP.run(self.answer(who, key, load))

    @rule(who=PROCESSES, key=KEYS, way=WAYS)
    def write(self, who: int, key: str, way: str) -> None:
        LOOP.run(self.invalidation(who, key, way))
        self.read(who)

    @rule(who=PROCESSES, key=KEYS)
    def refresh(self, who: int, key: str) -> None:
        found = LOOP.run(self.processes[who].cache.refresh(key, self.loader(key), **OPTIONS[key]))
        assert found == self.database[key]

    @rule(who=PROCESSES)
    def hear_and_read(self, who: int) -> None:
        self.hear(who)
        self.read(who)

    def hear(self, who: int) -> None:
        """Take the messages that came; while it is away some are lost."""
        with self.shelf.lock:
            for invalidation in self.stores[who].take_heard():
                self.processes[who].table.invalidate(invalidation)
            if not self.stores[who].is_unavailable:
                self.know(who, self.off_the_shelf)

    @rule(who=PROCESSES, commands=st.sets(st.sampled_from(COMMANDS), min_size=1, max_size=2))
    def fail(self, who: int, commands: set[str]) -> None:
        self.stores[who].fails |= commands

    @rule(who=PROCESSES)
    def come_back(self, who: int) -> None:
        with self.shelf.lock:
            self.stores[who].take_heard()
            self.processes[who].table.reset(3600)
            self.stores[who].come_back()
            self.know(who, self.off_the_shelf)
        self.read(who)

    @rule(key=KEYS)
    def lose(self, key: str) -> None:
        """Let the shelf lose what it may: it is full, or a life ended."""
        with self.shelf.lock:
            self.shelf.values.pop(key, None)
            self.shelf.leases.clear()
            self.shelf.stamps.pop("stale", None)

    async def answer(
        self, who: int, key: str, load: Callable[[], Awaitable[int]] | None = None
    ) -> None:
        """Read, and check that it is not too old."""
        oldest = self.known[who][key]
        load = load or self.loader(key)
        found = await self.processes[who].cache.get_or_load(key, load, **OPTIONS[key])
        assert oldest <= found <= self.database[key]

    async def invalidation(self, who: int, key: str, way: str) -> None:
        """Write, and forget in one of the ways."""
        self.database[key] += 1
        written = dict(self.database)
        cache, tags = self.processes[who].cache, OPTIONS[key].get("tags", ())
        if way == "tag" and tags:
            await cache.invalidate(tags=tags[:1])
        elif way == "pattern":
            await cache.invalidate(patterns=["*"])
        else:
            await cache.invalidate(key)
        self.know(who, {key: written[key]})

    def loader(self, key: str) -> Callable[[], Awaitable[int]]:
        """Return what loads the answer as it is then."""

        async def load() -> int:
            return self.database[key]

        return load

    def was_forgotten(self, invalidation: Invalidation) -> None:
        """Note that what is on the shelf from now on is at least as new as the database."""
        for key, options in OPTIONS.items():
            has_tag = not set(options.get("tags", ())).isdisjoint(invalidation.tags)
            if invalidation.patterns or key in invalidation.keys or has_tag:
                self.off_the_shelf[key] = self.database[key]

    def know(self, who: int, versions: Mapping[str, int]) -> None:
        """Note that a process may give nothing older."""
        for key, version in versions.items():
            self.known[who][key] = max(self.known[who][key], version)

    def teardown(self) -> None:
        LOOP.run(self.stack.aclose())


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
