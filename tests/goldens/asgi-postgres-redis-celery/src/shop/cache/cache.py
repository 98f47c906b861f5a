"""Reading through the cache, and forgetting after a write: what the features use."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar, Unpack

from ..concurrency import Background
from ..db.session import Database
from ..observability.metrics import Metrics
from .codec import RAW, Codec
from .envelope import Envelopes
from .far import Far
from .held import Table
from .keys import require_names
from .near import Near
from .settings import CacheSettings
from .shared import open_shared
from .source import Source
from .stores import Store
from .table_store import open_table
from .tiers import Ask, Change, Options, Tier

T = TypeVar("T")

NOT_STALE = timedelta(0)
Keys = Callable[[Any], Iterable[str]]


class Cache:
    """Answers by key, from the nearest tier that has them."""

    def __init__(
        self, near: Near, table: Table, stores: Iterable[Store], settings: CacheSettings
    ) -> None:
        self.table = table
        self.stores = tuple(stores)
        self._near = near
        self._hits = near.hits
        self._find = table.find
        self._ttl_s = settings.ttl_s
        self._entities: dict[str, tuple[Keys, tuple[str, ...]]] = {}

    async def get_or_load(  # noqa: PLR0913, PLR0917 - a dict of options would be made for every hit
        self,
        key: str,
        load: Callable[[], Awaitable[T]],
        codec: Codec[Any] = RAW,
        ttl: timedelta | None = None,
        stale: timedelta = NOT_STALE,
        tags: tuple[str, ...] = (),
        is_expensive: bool = False,
    ) -> T:
        """Return the kept answer of `key`, or load and keep it.

        Args:
            key: See `keys.key_of`.
            load: Called once for all callers of a process that miss together. None is an answer
                too: that there is nothing, kept for `absent_ttl_s`.
            codec: This and all below are given by name; see `Options`.
        Raises:
            Exception: what `load` failed with; that is not kept.
            TypeError, ValueError: the key, a tag or a life is none.
        Cost: 0.2 µs from this process, else 1 round trip to each shared tier; a load adds 2 more
            to each.
        """
        held = self._find(key)
        if held is not None and (held.guard is None or held.guard.is_firm()):
            self._hits.count += 1
            found: T = held.value
            return found
        ask = self._ask(key, load, codec, ttl, stale, tags, is_expensive)
        if held is None:
            return await self._near.load(ask)
        return await self._near.read(ask)

    async def refresh(
        self, key: str, load: Callable[[], Awaitable[T]], **options: Unpack[Options]
    ) -> T:
        """Load now and keep that in place of what is kept, which is given out meanwhile.

        For what grows old by itself: other processes go on until their `near_ttl_s`, and a shared
        tier keeps what another process is loading just then. After a write, `invalidate`.
        """
        return await self._near.refresh(self._ask(key, load, **options))

    def register(self, entity: str, keys: Keys, *, tags: tuple[str, ...] = ()) -> None:
        """Say which keys and tags a thing of the domain is in, for `invalidate_entity`.

        Args:
            entity: Such as "user".
            keys: Returns the keys of one of them, given its id.
            tags: Of answers that any of them may be in, such as lists and counts.
        Raises:
            ValueError: the entity is registered already.
        """
        require_names(tags)
        if entity in self._entities:
            raise ValueError(f"{entity} is registered already")
        self._entities[entity] = (keys, tags)

    async def invalidate(
        self, *keys: str, tags: Iterable[str] = (), patterns: Iterable[str] = ()
    ) -> None:
        """Forget answers, in every tier and process; call it after the commit, never before.

        Args:
            keys: Forgotten one by one. Cost: 1 round trip per 1,000.
            tags: All answers with one of them are. Cost: 1 round trip, however many they are.
            patterns: All keys that match, where `*` is anything. Cost: a walk over the whole store
                in steps that hold up nobody; for operators, not for requests.
        Raises:
            TypeError, ValueError: a key, tag or pattern is no string that can be written.
        """
        change = Change(require_names(keys), require_names(tags), require_names(patterns))
        await self._near.forget(change)

    async def invalidate_entity(self, entity: str, *ids: Any) -> None:
        """Forget everything some things of the domain are in; call it after the commit.

        Raises:
            ValueError: nobody registered the entity.
        """
        if entity not in self._entities:
            raise ValueError(f"{entity} is not registered; registered: {', '.join(self._entities)}")
        keys_of, tags = self._entities[entity]
        keys = (key for each in ids for key in require_names(keys_of(each)))
        await self.invalidate(*keys, tags=tags)

    async def state(self) -> str:
        """Return "ok", or "degraded" while a shared tier is out of reach. Cost: none."""
        states = [await store.state() for store in self.stores]
        return "degraded" if "degraded" in states else "ok"

    def _ask(  # noqa: PLR0913, PLR0917 - as above
        self,
        key: str,
        load: Callable[[], Awaitable[T]],
        codec: Codec[Any] = RAW,
        ttl: timedelta | None = None,
        stale: timedelta = NOT_STALE,
        tags: tuple[str, ...] = (),
        is_expensive: bool = False,
    ) -> Ask[T]:
        if type(key) is not str or not key.isascii():
            require_names((key,))
        if tags:
            require_names(tags)
        ttl_s = self._ttl_s if ttl is None else ttl.total_seconds()
        stale_s = 0.0 if stale is NOT_STALE else stale.total_seconds()
        if ttl_s <= 0 or stale_s < 0:
            raise ValueError(f"ttl of {ttl_s} s, stale of {stale_s} s: above 0, and not below 0")
        return Ask(key, load, codec, ttl_s, stale_s, tags, is_expensive)


@asynccontextmanager
async def open_cache(
    settings: CacheSettings, metrics: Metrics, db: Database, secret: bytes
) -> AsyncIterator[Cache]:
    """Open the tiers of this process, the lowest first; no server need be there yet.

    Args:
        secret: Seals what leaves the process; the same in all of them.
    """
    table = Table(settings, metrics)
    envelopes = Envelopes(secret)
    tier: Tier = Source(settings, metrics)
    stores: list[Store] = []
    async with AsyncExitStack() as stack:
        if settings.use_table:
            stores.append(await stack.enter_async_context(open_table(db, metrics)))
        stores += await stack.enter_async_context(open_shared(settings, metrics, table))
        background = await stack.enter_async_context(Background(settings.refreshes))
        for store in stores:
            tier = Far(store, tier, envelopes, settings, metrics)
        yield Cache(Near(table, tier, background, settings, metrics), table, stores, settings)
