# Generated from hotpath/aio/db/batching.py by extensions/blocking.py; do not edit.
"""Look-ups and inserts of many callers, batched: features declare them, services call them.

A service that loads while it holds a session may wait for a connection that it holds itself: close
the session first. For the same reason no `load` uses a loader.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from time import perf_counter
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Table, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from hotpath.batch import Observer
from hotpath.blocking.dataloader import DataLoader
from hotpath.blocking.db.database import Database
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import Dialect
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import REQUEST
from hotpath.settings import DatabaseSettings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Loader(Generic[K, V]):
    """A lookup by key; `load` finds many keys in one query, its `name` is a label of metrics.

    A key that `load` leaves out is absent; one it maps to an exception fails alone.
    """

    name: str
    load: Callable[[Database, Sequence[K]], Mapping[K, V | Exception]]


class Loaders:
    """The loaders of one process, each with its own batches."""

    def __init__(self, db: Database, settings: DatabaseSettings, metrics: Metrics) -> None:
        self._db = db
        self._settings = settings
        self._metrics = metrics
        self._known: dict[str, tuple[Loader[Any, Any], DataLoader[Any, Any]]] = {}

    def get(self, loader: Loader[K, V], key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            BatchUnavailable: no answer in `batch_wait_s`, or the process stops.
            ValueError: another loader has the same name.
        Cost: a share of one query, with all callers of the same moment.
        """
        known, dataloader = self._known.get(loader.name) or self._add(loader)
        if known is not loader:
            raise ValueError(f"there are two loaders named {loader.name}")
        request = REQUEST.get(None)
        if request is None:
            found: V | None = dataloader.get(key)
            return found
        waits, started = request.waiting(), perf_counter()
        before_s = waits.database_s
        try:
            found = dataloader.get(key)
        finally:  # not added: a statement of the batch may have added its own time
            waits.database_s = before_s + perf_counter() - started
        return found

    def close(self) -> None:
        """Wait for batches in flight."""
        for _, dataloader in self._known.values():
            dataloader.close()

    def _add(self, loader: Loader[K, V]) -> tuple[Loader[K, V], DataLoader[K, V]]:
        dataloader: DataLoader[K, V] = DataLoader(
            partial(loader.load, self._db),
            _observer(self._metrics, loader.name),
            max_size=self._settings.batch_size,
            max_wait_s=self._settings.batch_wait_s,
        )
        return self._known.setdefault(loader.name, (loader, dataloader))


def _observer(metrics: Metrics, kind: str) -> Observer:
    size = metrics.batch_size.labels(kind)
    wait = metrics.batch_wait_seconds.labels(kind)

    def observe(waits_s: Sequence[float]) -> None:
        size.add(len(waits_s))
        wait.add_all(waits_s)

    return observe


@contextmanager
def open_loaders(db: Database, settings: DatabaseSettings, metrics: Metrics) -> Iterator[Loaders]:
    """Open the loaders of this process."""
    loaders = Loaders(db, settings, metrics)
    try:
        yield loaders
    finally:
        loaders.close()


Row = Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False)  # two callers' rows are two, whatever they hold
class _NewRow:
    values: Row


class BatchedInsert:
    """How single rows of a model are inserted; its `name` is a label of metrics.

    Rows have all columns but a primary key that the database gives, and those with a default of
    the database. With `unique`, a row whose value another row has is not inserted.
    """

    def __init__(
        self,
        name: str,
        model: type[DeclarativeBase],
        unique: InstrumentedAttribute[Any] | None = None,
        returning: Sequence[Any] = (),
    ) -> None:
        """Declare it.

        Args:
            unique: A unique column.
            returning: What is returned of each row; all columns by default.
        """
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self._table = table
        self._columns = [each for each in table.c if _is_given(each)]
        self._returning = list(returning or table.c)
        [self._key] = table.primary_key
        if unique is None and self._key in self._columns:
            unique = getattr(model, self._key.key)
        self._unique = None if unique is None else table.c[unique.key]
        self._statement = cache(self._prepare)
        self._loader: Loader[_NewRow, Row] = Loader(name, self._insert_all)

    def insert(self, loaders: Loaders, values: Mapping[str, Any]) -> Row | None:
        """Insert a row; return its columns, or None if another row has its unique value.

        Args:
            values: By column; those that have a default or may be NULL can be left out.
        Raises:
            BatchUnavailable: no answer in `batch_wait_s`; it may be inserted all the same.
            IntegrityError: another constraint is violated.
            DatabaseUnavailable: no connection, or it was lost.
        Cost: a share of one statement and its transaction.
        """
        row = tuple([_value(each, values) for each in self._columns])
        return loaders.get(self._loader, _NewRow(row))

    def _insert_all(
        self, db: Database, new: Sequence[_NewRow]
    ) -> Mapping[_NewRow, Row | Exception]:
        rows = self._in_order(new)
        try:
            values = db.sql.values_params(self._columns, [each.values for each in rows])
            found = db.fetch(self._statement(db.sql), values)
        except IntegrityError as error:
            if len(new) == 1:
                return {new[0]: error}
            # Whose row it is shows when each is alone.
            alone = [self._insert_all(db, [each]) for each in new]
            return {each: row for part in alone for each, row in part.items()}
        if self._unique is None:
            # The database gives keys in the order of the rows, and may return them in any.
            in_order = sorted(found, key=_first)
            return {each: row[1:] for each, row in zip(rows, in_order, strict=True)}
        place = self._columns.index(self._unique)
        row_by_value = {row[0]: row[1:] for row in found}
        return {
            each: row_by_value[each.values[place]]
            for each in rows
            if each.values[place] in row_by_value
        }

    def _in_order(self, new: Sequence[_NewRow]) -> Sequence[_NewRow]:
        """Return one row of each unique value, in an order in which processes never deadlock."""
        if self._unique is None:
            return new
        place = self._columns.index(self._unique)
        first_by_value: dict[Any, _NewRow] = {}
        for each in new:
            first_by_value.setdefault(each.values[place], each)
        return [first_by_value[value] for value in sorted(first_by_value)]

    def _prepare(self, sql: Dialect) -> PreparedStatement:
        new = sql.values_table_params(self._columns)
        rows = select(*(new.c[each.name] for each in self._columns))
        if self._unique is None:
            statement = sql.Insert(self._table).from_select(
                self._columns, rows.order_by(new.c.position)
            )
            return PreparedStatement(statement.returning(self._key, *self._returning))
        rows = rows.where(true())  # SQLite needs a WHERE before ON CONFLICT
        statement = sql.Insert(self._table).from_select(self._columns, rows)
        if self._unique is not self._key:
            statement = statement.on_conflict_do_nothing(index_elements=[self._unique])
        return PreparedStatement(statement.returning(self._unique, *self._returning))


def _is_given(column: Column[Any]) -> bool:
    """Tell whether the client gives the value of a column."""
    is_of_database = column.server_default is not None or column.computed is not None
    is_counted = column.primary_key and column.default is None
    return not is_of_database and not is_counted


def _first(row: Row) -> Any:
    return row[0]


def _value(column: Column[Any], values: Mapping[str, Any]) -> Any:
    if column.name in values:
        return values[column.name]
    if column.default is None and not column.nullable:
        raise KeyError(column.name)
    return default_of(column)


def default_of(column: Column[Any]) -> Any:
    """Return a value of a column's default; None if it has none."""
    default = column.default
    if default is None:
        return None
    if isinstance(default, ScalarElementColumnDefault):
        return default.arg
    assert isinstance(default, CallableColumnDefault)  # noqa: S101 - the rest is the database's
    make: Any = default.arg  # it takes a context, which no default of ours looks at
    return make(None)
