"""Look-ups and inserts of many callers, batched: features declare them, services call them.

A service that loads while it holds a session may wait for a connection that it holds itself: close
the session first. For the same reason no `load` uses a loader.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Table, bindparam, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.dataloader import DataLoader
from hotpath.aio.db.database import Database
from hotpath.batch import Observer
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import Dialect
from hotpath.observability.metrics import Metrics
from hotpath.settings import DatabaseSettings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Loader(Generic[K, V]):
    """A lookup by key; `load` finds many keys in one query, its `name` is a label of metrics.

    A key that `load` leaves out is absent; one it maps to an exception fails alone.
    """

    name: str
    load: Callable[[Database, Sequence[K]], Awaitable[Mapping[K, V | Exception]]]


class Loaders:
    """The loaders of one process, each with its own batches."""

    def __init__(self, db: Database, settings: DatabaseSettings, metrics: Metrics) -> None:
        self._db = db
        self._settings = settings
        self._metrics = metrics
        self._known: dict[str, tuple[Loader[Any, Any], DataLoader[Any, Any]]] = {}

    async def get(self, loader: Loader[K, V], key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            BatchUnavailable: no answer in `batch_wait_s`, or the process stops.
            ValueError: another loader has the same name.
        Cost: a share of one query, with all callers of the same moment.
        """
        known, dataloader = self._known.get(loader.name) or self._add(loader)
        if known is not loader:
            raise ValueError(f"there are two loaders named {loader.name}")
        found: V | None = await dataloader.get(key)
        return found

    async def close(self) -> None:
        """Wait for batches in flight."""
        for _, dataloader in self._known.values():
            await dataloader.close()

    def _add(self, loader: Loader[K, V]) -> tuple[Loader[K, V], DataLoader[K, V]]:
        dataloader: DataLoader[K, V] = DataLoader(
            partial(loader.load, self._db),
            _observer(self._metrics, loader.name),
            max_size=self._settings.batch_size,
            max_wait_s=self._settings.batch_wait_s,
        )
        return self._known.setdefault(loader.name, (loader, dataloader))


def _observer(metrics: Metrics, kind: str) -> Observer:
    size = metrics.buffered_histogram(metrics.batch_size.labels(kind))
    wait = metrics.buffered_histogram(metrics.batch_wait_seconds.labels(kind))

    def observe(waits_s: Sequence[float]) -> None:
        size.add(len(waits_s))
        wait.add_all(waits_s)

    return observe


@asynccontextmanager
async def open_loaders(
    db: Database, settings: DatabaseSettings, metrics: Metrics
) -> AsyncIterator[Loaders]:
    """Open the loaders of this process."""
    loaders = Loaders(db, settings, metrics)
    try:
        yield loaders
    finally:
        await loaders.close()


Row = Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False)  # two callers' rows are two, whatever they hold
class _NewRow:
    values: Row


class BatchedInsert:
    """How single rows of a model are inserted; its `name` is a label of metrics.

    Rows have all columns but the primary key, which the database gives. `key` is unique.
    """

    def __init__(
        self, name: str, model: type[DeclarativeBase], key: InstrumentedAttribute[Any]
    ) -> None:
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self._columns = [each for each in table.c if not each.primary_key]
        self._table = table
        self._key = key
        self._statement = cache(self._prepare)
        self._key_in_values = [each.key for each in self._columns].index(key.key)
        self._key_in_row = table.c.keys().index(key.key)
        self._loader: Loader[_NewRow, Row] = Loader(name, self._insert_all)

    async def insert(self, loaders: Loaders, values: Mapping[str, Any]) -> Row | None:
        """Insert a row; return all its columns, or None if another row has its key.

        Args:
            values: By column; those with a default in Python may be left out.
        Raises:
            BatchUnavailable: no answer in `batch_wait_s`; it may be inserted all the same.
            IntegrityError: another constraint is violated.
            DatabaseUnavailable: no connection, or it was lost.
        Cost: a share of one statement and its transaction.
        """
        row = tuple([_value(each, values) for each in self._columns])
        return await loaders.get(self._loader, _NewRow(row))

    async def _insert_all(
        self, db: Database, new: Sequence[_NewRow]
    ) -> Mapping[_NewRow, Row | Exception]:
        """Insert the rows in the order of their keys, so that two processes never deadlock."""
        first_by_key: dict[Any, _NewRow] = {}
        for each in new:
            first_by_key.setdefault(each.values[self._key_in_values], each)
        rows = [first_by_key[key].values for key in sorted(first_by_key)]
        try:
            values = db.sql.values_params(self._columns, rows)
            found = await db.fetch(self._statement(db.sql), values)
        except IntegrityError as error:
            if len(new) == 1:
                return {new[0]: error}
            # Whose row it is shows when each is alone.
            alone = [await self._insert_all(db, [each]) for each in new]
            return {each: row for part in alone for each, row in part.items()}
        return {first_by_key[row[self._key_in_row]]: row for row in found}

    def _prepare(self, sql: Dialect) -> PreparedStatement:
        rows = select(*sql.values_table_params(self._columns).columns)
        rows = rows.where(true())  # SQLite needs a WHERE before ON CONFLICT
        statement = sql.Insert(self._table).from_select(self._columns, rows)
        statement = statement.on_conflict_do_nothing(index_elements=[self._key])
        return PreparedStatement(statement.returning(*self._table.c))


def _value(column: Column[Any], values: Mapping[str, Any]) -> Any:
    default = column.default
    if column.name in values or default is None:
        return values[column.name]
    if isinstance(default, ScalarElementColumnDefault):
        return default.arg
    assert isinstance(default, CallableColumnDefault)  # noqa: S101 - the rest is the database's
    make: Any = default.arg  # it takes a context, which no default of ours looks at
    return make(None)


Attribute = InstrumentedAttribute[Any]


class BulkInsert:
    """How rows of a model are inserted: `columns` of each row, and `shared` ones of all rows.

    The first column is unique, and the database gives the primary key.
    """

    def __init__(
        self,
        model: type[DeclarativeBase],
        columns: Sequence[Attribute],
        shared: Sequence[Attribute],
    ) -> None:
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self._columns = [table.c[each.key] for each in columns]
        self._table = table
        self._shared = [table.c[each.key] for each in shared]
        self._statement = cache(self._prepare)

    async def insert(
        self, db: Database, rows: Sequence[Mapping[str, Any]], **shared: Any
    ) -> list[int]:
        """Insert rows, at least one, by column; return their ids.

        Raises:
            sqlalchemy.exc.IntegrityError: a constraint is violated; nothing was inserted.
            DatabaseUnavailable: no connection, or it was lost.
        Cost: 1 statement, and memory for all rows, which are prepared in a thread.
        """
        values = await run_blocking(self._values, db.sql, rows)
        found = await db.fetch_pooled(self._statement(db.sql), {**values, **shared})
        return [row[0] for row in found]

    def _values(self, sql: Dialect, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        names = [each.name for each in self._columns]
        # In the order of the key, so that two calls wait for each other and never deadlock.
        in_order = sorted([row[name] for name in names] for row in rows)
        return sql.values_params(self._columns, in_order)

    def _prepare(self, sql: Dialect) -> PreparedStatement:
        values = [bindparam(each.name, type_=each.type) for each in self._shared]
        rows = select(*sql.values_table_params(self._columns).columns, *values)
        statement = sql.Insert(self._table).from_select([*self._columns, *self._shared], rows)
        return PreparedStatement(statement.returning(*self._table.primary_key))
