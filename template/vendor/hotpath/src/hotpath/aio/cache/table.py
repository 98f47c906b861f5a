"""L3: a table of the service's database as a store, for values dearer than a lookup there.

Each key is a row that holds its value and its lease, so that an invalidation deletes one row.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import token_bytes
from threading import Lock
from time import monotonic, time
from typing import Any, TypeVar

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncSession

from hotpath.aio.cache.table_sweep import sweep
from hotpath.aio.concurrency import Background
from hotpath.aio.db.bulk import ROWS_EACH
from hotpath.aio.db.database import Database
from hotpath.batch import chunks_of
from hotpath.cache.breaker import PendingInvalidations, merge
from hotpath.cache.entries import STAMP_BYTES, ConnectionCounts, Invalidation, Lease, SignedEntry
from hotpath.cache.keys import CacheNamespace
from hotpath.cache.tables import (
    MAX_LENGTH,
    RELEASE,
    STORE,
    delete_keys,
    name_of,
    params,
    read_entry,
    restamp_tags,
    stamp_tags,
    stamps_of,
    take_lease,
)
from hotpath.db.errors import DatabaseUnavailable
from hotpath.db.sql import Dialect
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics

T = TypeVar("T")

TIER = "l3"
TAG_S = 7 * 86_400
"""Seconds after which a tag gets another stamp; until then its values stay."""

PAUSE_S = 1.0
"""Seconds the table is not used after a failure, so that one request waits for it."""


class TableStore:
    """Signed entries in a table. A failure is a miss, counted; an invalidation stays pending."""

    tier = TIER

    def __init__(
        self,
        db: Database,
        namespace: CacheNamespace,
        metrics: Metrics,
        background: Background,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._version = namespace.version
        self._failures: tuple[type[Exception], ...] = (DatabaseUnavailable, *db.errors)
        self._background = background
        self._clock = clock
        self._errors = metrics.cache_errors.labels(TIER)
        self._lock = Lock()
        self._paused_until = 0.0
        self._is_unavailable = False
        self._pending = PendingInvalidations()

    async def get(self, key: str, tags: Sequence[str]) -> SignedEntry | None:
        """Return what is stored; see `Store`."""
        values = params(_names(tags), key=name_of(key), version=self._version, now=time())
        row = await self._try(lambda: self._read(read_entry(len(tags)), values), None)
        return None if row is None else SignedEntry(row[0], row[1:])

    async def lease(self, key: str, tags: Sequence[str], ttl_s: float) -> Lease:
        """Take the lease of a key; see `Store`. Cost: 1 transaction, which writes."""
        token = token_bytes(STAMP_BYTES)
        refused = Lease(key, token, (), is_held=False, is_refused=True)
        if max(map(len, (name_of(key), *_names(tags)))) > MAX_LENGTH:
            return refused
        return await self._try(lambda: self._take(key, tags, token, ttl_s), refused)

    async def put(self, lease: Lease, data: bytes, ttl_s: float) -> None:
        """Store `data` if the lease still holds; see `Store`."""
        now = time()
        values = params(
            key=name_of(lease.key),
            token=lease.token,
            version=self._version,
            data=data,
            now=now,
            end=now + ttl_s,
        )
        await self._try(lambda: self._write(STORE, values), None)

    async def release(self, lease: Lease) -> None:
        """End the lease; see `Store`."""
        values = params(key=name_of(lease.key), token=lease.token)
        await self._try(lambda: self._write(RELEASE, values), None)

    async def invalidate(self, invalidation: Invalidation) -> None:
        """Invalidate here, for all versions of the service; see `Store`.

        What fails, as when all connections are in use, is pending: this process does not use the
        table until it is done. Others may read the old value there until then.
        """
        is_done = False
        try:
            await self._drop(invalidation)
            is_done = True
        except self._failures as error:
            self._failed(error)
        finally:  # a caller that is cancelled has written already
            if not is_done:
                self._pending.add(invalidation)

    async def flush_pending(self) -> None:
        """Do what is pending; what fails stays pending."""
        try:
            while pending := self._pending.all():
                await self._drop(merge(pending))
                self._pending.remove(pending)
        except self._failures as error:
            self._failed(error)

    async def close(self) -> None:
        """Do what is pending, or log what was not done."""
        await self.flush_pending()
        if self._pending:
            left = merge(self._pending.all())
            get_logger().error(
                "cache table not invalidated: use `cache invalidate`",
                keys=len(left.keys),
                tags=len(left.tags),
                patterns=left.patterns,
            )

    async def state(self) -> str:
        """Return "ok", or "degraded" shortly after a failure and while something is pending.

        Cost: none. The first call after the pause starts what is pending in the background.
        """
        if self._pending and not self._is_paused():
            self._background.start(self.flush_pending)
        return "degraded" if self._is_skipped() else "ok"

    def connections(self) -> ConnectionCounts | None:
        """Return None: it uses the pool of the database."""
        return None

    async def _read(self, statement: Executable, values: dict[str, object]) -> Any:
        async with self._db.reading() as session:
            return (await session.execute(statement, values)).one_or_none()

    async def _write(self, statement: Executable, values: dict[str, object]) -> None:
        async with self._db.writing() as session:
            await session.execute(statement, values)

    async def _take(self, key: str, tags: Sequence[str], token: bytes, ttl_s: float) -> Lease:
        tag_names, now = _names(tags), time()
        values = params(
            tag_names,
            key=name_of(key),
            token=token,
            version=self._version,
            now=now,
            until=now + ttl_s,
        )
        async with self._db.writing() as session:
            row = (await session.execute(take_lease(self._db.sql, len(tags)), values)).one_or_none()
            if row is None:
                return Lease(key, token, (), is_held=False)
            stamps = tuple(row[1:])
            if None in stamps:
                stamps = await _stamped(self._db.sql, session, tag_names, token, now)
        return Lease(key, token, stamps, is_held=True)

    async def _drop(self, invalidation: Invalidation) -> None:
        keys, tags = _names(invalidation.keys), _names(invalidation.tags)
        for chunk in chunks_of(keys, ROWS_EACH):
            await self._write(delete_keys(chunk), {})
        if tags:
            await self._write(restamp_tags(tags, token_bytes(STAMP_BYTES)), {})
        for pattern in invalidation.patterns:
            await sweep(self._db, pattern)

    async def _try(self, work: Callable[[], Awaitable[T]], otherwise: T) -> T:
        if self._is_skipped():
            return otherwise
        try:
            found = await work()
        except self._failures as error:
            self._failed(error)
            return otherwise
        if self._is_unavailable:
            self._set_unavailable(False, lambda: get_logger().info("cache table available again"))
        return found

    def _is_paused(self) -> bool:
        return self._clock() < self._paused_until

    def _is_skipped(self) -> bool:
        return self._is_paused() or bool(self._pending)

    def _failed(self, error: Exception) -> None:
        self._errors.inc()
        self._paused_until = self._clock() + PAUSE_S
        self._set_unavailable(
            True, lambda: get_logger().warning("cache table unavailable", error=str(error))
        )

    def _set_unavailable(self, is_unavailable: bool, log: Callable[[], None]) -> None:
        with self._lock:
            was_unavailable, self._is_unavailable = self._is_unavailable, is_unavailable
        if was_unavailable != is_unavailable:
            log()


@asynccontextmanager
async def open_table(
    db: Database, namespace: CacheNamespace, metrics: Metrics
) -> AsyncIterator[TableStore]:
    """Open the table; at the end it does what is pending."""
    background = Background(1)
    store = TableStore(db, namespace, metrics, background)
    try:
        async with background:
            yield store
    finally:
        await store.close()


def _names(names: Sequence[str]) -> list[str]:
    return [name_of(name) for name in names]


async def _stamped(
    sql: Dialect, session: AsyncSession, tags: Sequence[str], stamp: bytes, now: float
) -> tuple[bytes, ...]:
    """Give a stamp to the tags that have none, and return all stamps."""
    await session.execute(stamp_tags(sql, tags, stamp, now, now + TAG_S))
    rows = await session.execute(stamps_of(tags))
    stamp_by_tag = dict(rows.all())
    return tuple(stamp_by_tag[tag] for tag in tags)
