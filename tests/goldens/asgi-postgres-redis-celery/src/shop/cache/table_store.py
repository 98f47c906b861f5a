"""A table of the service's own database as a store, for answers dearer than a look-up there.

Each key is a row that holds its answer and its lease, so that a change has one row to delete.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import token_bytes
from threading import Lock
from time import monotonic, time
from typing import Any, TypeVar

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncSession

from ..concurrency import Background
from ..db.chunks import ROWS_EACH
from ..db.losses import FAILURES as DB_FAILURES
from ..db.session import Database, DatabaseUnavailable
from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .owed import Owed, merged
from .stores import STAMP_BYTES, Lease, Sealed
from .table_names import MAX_LENGTH, name_of
from .table_statements import (
    KEEP,
    RELEASE,
    forget_keys,
    forget_tags,
    given,
    read_entry,
    stamp_tags,
    stamps_of,
    take_lease,
)
from .table_sweep import sweep
from .tiers import Change

T = TypeVar("T")

TIER = "table"
FAILURES = (DatabaseUnavailable, *DB_FAILURES)
TAG_S = 7 * 86_400
"""Seconds after which a tag gets another stamp; until then its answers are kept."""

REST_S = 1.0
"""Seconds the table is left alone after a failure, so that a request pays for it once."""


class TableStore:
    """Sealed answers in a table. A failure is a miss, and counted; a change that failed is owed."""

    tier = TIER

    def __init__(
        self,
        db: Database,
        metrics: Metrics,
        background: Background,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._background = background
        self._clock = clock
        self._errors = metrics.cache_errors.labels(TIER)
        self._lock = Lock()
        self._rests_until = 0.0
        self._is_away = False
        self._owed = Owed()

    async def get(self, key: str, tags: Sequence[str]) -> Sealed | None:
        """Return what is kept; see `Store`."""
        values = given(_names(tags), key=name_of(key), now=time())
        row = await self._try(lambda: self._read(read_entry(len(tags)), values), None)
        return None if row is None else Sealed(row[0], row[1:])

    async def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        """Take the lease of a key; see `Store`. Cost: 1 transaction, which writes."""
        token = token_bytes(STAMP_BYTES)
        refused = Lease(key, token, (), is_held=False, is_refused=True)
        if max(map(len, (name_of(key), *_names(tags)))) > MAX_LENGTH:
            return refused
        return await self._try(lambda: self._take(key, tags, token, life_s), refused)

    async def put(self, lease: Lease, data: bytes, life_s: float) -> None:
        """Keep `data` if the lease still holds; see `Store`."""
        now = time()
        values = given(
            key=name_of(lease.key), token=lease.token, data=data, now=now, end=now + life_s
        )
        await self._try(lambda: self._write(KEEP, values), None)

    async def release(self, lease: Lease) -> None:
        """End the lease; see `Store`."""
        values = given(key=name_of(lease.key), token=lease.token)
        await self._try(lambda: self._write(RELEASE, values), None)

    async def forget(self, change: Change) -> None:
        """Forget here, of all versions of the service; see `Store`.

        What fails, as when all connections are in use, is owed: this process leaves the table
        alone until it has forgotten that. Others may read the old answer there until then.
        """
        is_done = False
        try:
            await self._drop(change)
            is_done = True
        except FAILURES as error:
            self._failed(error)
        finally:  # a caller that is cancelled has written already
            if not is_done:
                self._owed.add(change)

    async def settle(self) -> None:
        """Forget what is owed; if that fails it is owed still."""
        try:
            while owed := self._owed.all():
                await self._drop(merged(owed))
                self._owed.paid(owed)
        except FAILURES as error:
            self._failed(error)

    async def close(self) -> None:
        """Forget what is owed, or say how much was not."""
        await self.settle()
        if self._owed:
            left = merged(self._owed.all())
            told = {"keys": len(left.keys), "tags": len(left.tags), "patterns": left.patterns}
            get_logger().error("cache table did not forget: `cache forget` does it", **told)

    async def state(self) -> str:
        """Return "ok", or "degraded" for a moment after a failure and while a change is owed.

        Cost: none. The first who asks after that moment has what is owed paid in the background.
        """
        if self._owed and not self._rests():
            self._background.start(self.settle)
        return "degraded" if self._is_left_alone() else "ok"

    async def _read(self, statement: Executable, values: dict[str, object]) -> Any:
        async with self._db.reading() as session:
            return (await session.execute(statement, values)).one_or_none()

    async def _write(self, statement: Executable, values: dict[str, object]) -> None:
        async with self._db.writing() as session:
            await session.execute(statement, values)

    async def _take(self, key: str, tags: Sequence[str], token: bytes, life_s: float) -> Lease:
        tag_names, now = _names(tags), time()
        values = given(tag_names, key=name_of(key), token=token, now=now, until=now + life_s)
        async with self._db.writing() as session:
            row = (await session.execute(take_lease(len(tags)), values)).one_or_none()
            if row is None:
                return Lease(key, token, (), is_held=False)
            stamps = tuple(row[1:])
            if None in stamps:
                stamps = await _stamped(session, tag_names, token, now)
        return Lease(key, token, stamps, is_held=True)

    async def _drop(self, change: Change) -> None:
        keys, tags = _names(change.keys), _names(change.tags)
        for start in range(0, len(keys), ROWS_EACH):
            await self._write(forget_keys(keys[start : start + ROWS_EACH]), {})
        if tags:
            await self._write(forget_tags(tags, token_bytes(STAMP_BYTES)), {})
        for pattern in change.patterns:
            await sweep(self._db, pattern)

    async def _try(self, work: Callable[[], Awaitable[T]], otherwise: T) -> T:
        if self._is_left_alone():
            return otherwise
        try:
            found = await work()
        except FAILURES as error:
            self._failed(error)
            return otherwise
        if self._is_away:
            self._turn(False, lambda: get_logger().info("cache table is back"))
        return found

    def _rests(self) -> bool:
        return self._clock() < self._rests_until

    def _is_left_alone(self) -> bool:
        return self._rests() or bool(self._owed)

    def _failed(self, error: Exception) -> None:
        self._errors.inc()
        self._rests_until = self._clock() + REST_S
        self._turn(True, lambda: get_logger().warning("cache table lost", error=str(error)))

    def _turn(self, is_away: bool, say: Callable[[], None]) -> None:
        with self._lock:
            is_new, self._is_away = self._is_away != is_away, is_away
        if is_new:
            say()


@asynccontextmanager
async def open_table(db: Database, metrics: Metrics) -> AsyncIterator[TableStore]:
    """Open the table; at the end it forgets what is owed."""
    background = Background(1)
    store = TableStore(db, metrics, background)
    try:
        async with background:
            yield store
    finally:
        await store.close()


def _names(names: Sequence[str]) -> list[str]:
    return [name_of(name) for name in names]


async def _stamped(
    session: AsyncSession, tags: Sequence[str], stamp: bytes, now: float
) -> tuple[bytes, ...]:
    """Give the tags a stamp that have none, and return all."""
    await session.execute(stamp_tags(tags, stamp, now, now + TAG_S))
    rows = await session.execute(stamps_of(tags))
    stamp_by_tag = dict(rows.all())
    return tuple(stamp_by_tag[tag] for tag in tags)
