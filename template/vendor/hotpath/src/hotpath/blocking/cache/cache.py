# Generated from hotpath/aio/cache/cache.py by extensions/blocking.py; do not edit.
"""Reading through the cache, and invalidating after a write: what features use."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar, Unpack

from hotpath.blocking.cache.l1 import L1Tier
from hotpath.blocking.cache.memory import MemoryCache
from hotpath.blocking.cache.shared_tier import SharedTier
from hotpath.blocking.cache.table import open_table
from hotpath.blocking.cache.tiers import CacheRequest, Options, OriginTier, Store, Tier
from hotpath.blocking.concurrency import Background
from hotpath.blocking.db.database import Database
from hotpath.cache.codec import RAW, Codec
from hotpath.cache.entries import Invalidation, Signer
from hotpath.cache.keys import CacheNamespace, require_names
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings, RedisCacheSettings, ServiceSettings

T = TypeVar("T")

NOT_STALE = timedelta(0)
Keys = Callable[[Any], Iterable[str]]

_STORES: dict[type[CacheSettings], str] = {RedisCacheSettings: "redis"}
"""Modules of the stores that processes share, by the class of the settings that choose them."""


class Cache:
    """Values by key, from the first tier that has them."""

    def __init__(
        self, l1: L1Tier, memory: MemoryCache, stores: Iterable[Store], settings: CacheSettings
    ) -> None:
        self.memory = memory
        self.stores = tuple(stores)
        self._l1 = l1
        self._hits = l1.hits
        self._find = memory.find
        self._ttl_s = settings.ttl_s
        self._entities: dict[str, tuple[Keys, tuple[str, ...]]] = {}

    def get_or_load(  # noqa: PLR0913, PLR0917 - a dict of options would be made for every hit
        self,
        key: str,
        load: Callable[[], T],
        codec: Codec[Any] = RAW,
        ttl: timedelta | None = None,
        stale: timedelta = NOT_STALE,
        tags: tuple[str, ...] = (),
        is_expensive: bool = False,
    ) -> T:
        """Return the cached value of `key`, or load and cache it.

        Args:
            key: See `keys.key_of`.
            load: Called once for all callers of a process that miss together. None is a
                value too: that there is none, cached for `absent_ttl_s`.
            codec: This and all below by keyword; see `Options`.
        Raises:
            Exception: what `load` failed with; that is not cached.
            TypeError, ValueError: the key, a tag or a TTL is not valid.
        Cost: 0.2 µs from this process, else 1 round trip to each shared tier; a load adds 2 more
            to each.
        """
        cached = self._find(key)
        if cached is not None and (cached.guard is None or cached.guard.is_valid()):
            self._hits.count += 1
            value: T = cached.value
            return value
        request = self._request(key, load, codec, ttl, stale, tags, is_expensive)
        if cached is None:
            return self._l1.load(request)
        return self._l1.read(request)

    def refresh(self, key: str, load: Callable[[], T], **options: Unpack[Options]) -> T:
        """Load now and cache that instead of the cached value, which is returned meanwhile.

        For values that age by themselves: other processes return theirs until `l1_ttl_s`, and a
        shared tier stores what another process is loading just then. After a write, `invalidate`.
        """
        return self._l1.refresh(self._request(key, load, **options))

    def register(self, entity: str, keys: Keys, *, tags: tuple[str, ...] = ()) -> None:
        """Register the keys and tags that an entity is in, for `invalidate_entity`.

        Args:
            entity: Such as "users", the name of a table.
            keys: Returns the keys of one of them by its id.
            tags: Of values that any of them may be in, such as lists and counts.
        Raises:
            ValueError: the entity is registered already.
        """
        require_names(tags)
        if entity in self._entities:
            raise ValueError(f"{entity} is registered already")
        self._entities[entity] = (keys, tags)

    def extend(self, entity: str, keys: Keys) -> None:
        """Register more keys that a registered entity is in."""
        before, tags = self._entities[entity]
        self._entities[entity] = (lambda each: [*before(each), *keys(each)], tags)

    def knows(self, entity: str) -> bool:
        """Tell whether an entity is registered."""
        return entity in self._entities

    def invalidate(
        self, *keys: str, tags: Iterable[str] = (), patterns: Iterable[str] = ()
    ) -> None:
        """Invalidate values, in every tier and process; call it after the commit, never before.

        Args:
            keys: Of single values. Cost: 1 round trip per 1,000.
            tags: All values with one of them. Cost: 1 round trip, however many they are.
            patterns: All keys that match, where `*` is anything. Cost: a walk over the whole store
                in small steps; for operators, not for requests.
        Raises:
            TypeError, ValueError: a key, tag or pattern is not a string that can be encoded.
        """
        invalidation = Invalidation(
            require_names(keys), require_names(tags), require_names(patterns)
        )
        self._l1.invalidate(invalidation)

    def invalidate_entity(self, entity: str, *ids: Any) -> None:
        """Invalidate everything that some entities are in; call it after the commit.

        Raises:
            ValueError: the entity is not registered.
        """
        if entity not in self._entities:
            raise ValueError(f"{entity} is not registered; registered: {', '.join(self._entities)}")
        keys_of, tags = self._entities[entity]
        keys = (key for each in ids for key in require_names(keys_of(each)))
        self.invalidate(*keys, tags=tags)

    def state(self) -> str:
        """Return "ok", or "degraded" while a shared tier is unavailable. Cost: none."""
        states = [store.state() for store in self.stores]
        return "degraded" if "degraded" in states else "ok"

    def _request(  # noqa: PLR0913, PLR0917 - as above
        self,
        key: str,
        load: Callable[[], T],
        codec: Codec[Any] = RAW,
        ttl: timedelta | None = None,
        stale: timedelta = NOT_STALE,
        tags: tuple[str, ...] = (),
        is_expensive: bool = False,
    ) -> CacheRequest[T]:
        if type(key) is not str or not key.isascii():
            require_names((key,))
        if tags:
            require_names(tags)
        ttl_s = self._ttl_s if ttl is None else ttl.total_seconds()
        stale_s = 0.0 if stale is NOT_STALE else stale.total_seconds()
        if ttl_s <= 0 or stale_s < 0:
            raise ValueError(f"ttl of {ttl_s} s, stale of {stale_s} s: above 0, and not below 0")
        return CacheRequest(key, load, codec, ttl_s, stale_s, tags, is_expensive)


@contextmanager
def open_cache(settings: ServiceSettings, metrics: Metrics, db: Database) -> Iterator[Cache]:
    """Open the tiers of this process, the lowest first; no server need be available yet."""
    section = settings.cache
    namespace = CacheNamespace.of(settings.service)
    signer = Signer(settings.secret_key.get_secret_value().encode())
    memory = MemoryCache(section, metrics)
    tier: Tier = OriginTier(section, metrics)
    stores: list[Store] = []
    with ExitStack() as stack:
        if section.use_table:
            stores.append(stack.enter_context(open_table(db, namespace, metrics)))
        if (module := _shared_store(section)) is not None:
            opening = module.open_store(section, namespace, metrics, memory)
            stores.append(stack.enter_context(opening))
        background = stack.enter_context(Background(section.refreshes))
        for store in stores:
            tier = SharedTier(store, tier, signer, section, metrics)
        yield Cache(L1Tier(memory, tier, background, section, metrics), memory, stores, section)


def _shared_store(settings: CacheSettings) -> ModuleType | None:
    """Import the module of the store that these settings, or a subclass of them, choose."""
    for class_, name in _STORES.items():
        if isinstance(settings, class_):
            return import_module(f"{__package__}.{name}")
    return None
