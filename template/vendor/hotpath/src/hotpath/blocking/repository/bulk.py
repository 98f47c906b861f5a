# Generated from hotpath/aio/repository/bulk.py by extensions/blocking.py; do not edit.
"""Many rows of a model at once: all or none, by one statement however many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, Table, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

from hotpath.blocking.concurrency import run_blocking
from hotpath.blocking.db.batching import default_of
from hotpath.blocking.db.bulk import update_rows, upsert_rows
from hotpath.blocking.db.database import Database
from hotpath.db.errors import Conflict, KeysRepeated, RowsConflict
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import Dialect, is_in

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Updated:
    """Keys of rows that were changed, and those that no row has."""

    found: Sequence[Any]
    missing: Sequence[Any]


class Bulk:
    """Writes many rows of one model; invalidates nothing, which a `Repository` does."""

    def __init__(
        self, model: type[DeclarativeBase], name: str, unique: Sequence[Column[Any]]
    ) -> None:
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self._model = model
        self._table = table
        self._name = name
        self._unique = unique
        [self._key] = table.primary_key
        self._statement = cache(self._prepare)

    def create(self, db: Database, new: Sequence[BaseModel]) -> Sequence[Any]:
        """Add rows, at least one, with the same fields; return their keys.

        Raises:
            RowsConflict: a value that has to be unique is there twice, or another row has it.
            Conflict: another constraint is violated.
        Cost: 1 statement, 1 more to find values that are taken; memory for all rows.
        """
        rows = run_blocking(self._new_rows, new)
        names = tuple(each.name for each in self._table.c if each.name in rows[0])
        columns = [self._table.c[name] for name in names]
        shared = {
            each.name: default_of(each)
            for each in self._table.c
            if each.default is not None and each.name not in names
        }
        values = run_blocking(self._values, db.sql, columns, rows)
        statement = self._statement(db.sql, names, tuple(shared))
        try:
            found = db.fetch_pooled(statement, {**values, **shared})
        except IntegrityError as error:
            raise self._refused(db, rows) from error
        return [row[0] for row in found]

    def update(self, db: Database, changes: Sequence[BaseModel]) -> Updated:
        """Change the fields that were given of each row.

        Raises:
            KeysRepeated: a row is named twice.
            RowsConflict: a value that has to be unique is there twice, or another row has it.
            Conflict: another constraint is violated.
        Cost: 1 statement, 1 more to find values that are taken; memory for all rows.
        """
        rows = run_blocking(self._changed_rows, changes)
        try:
            with db.writing() as session:
                found = update_rows(session, self._model, rows)
        except IntegrityError as error:
            raise self._refused(db, rows) from error
        keys = [row[self._key.name] for row in rows]
        missing = [key for key in keys if key not in found]
        return Updated([key for key in keys if key in found], missing)

    def upsert(self, db: Database, rows: Rows) -> Sequence[Any]:
        """Add rows, and change those whose unique value is there already; return their keys.

        Args:
            rows: With the same columns, no unique value twice.
        Cost: 1 statement; memory for all rows.
        """
        unique = getattr(self._model, self._unique[0].key)
        with db.writing() as session:
            key_by_value = upsert_rows(session, self._model, rows, unique)
        return list(key_by_value.values())

    def _new_rows(self, new: Sequence[BaseModel]) -> Rows:
        rows = [vars(each) for each in new]  # plain fields: a dump takes ten times as long
        self._require_unique(rows)
        return rows

    def _changed_rows(self, changes: Sequence[BaseModel]) -> Rows:
        rows = [each.model_dump(exclude_unset=True) for each in changes]
        if repeated := _repeated(rows, self._key.name):
            raise KeysRepeated.of(self._name, self._key.name, repeated)
        self._require_unique(rows)
        return rows

    def _values(self, sql: Dialect, columns: Sequence[Column[Any]], rows: Rows) -> dict[str, Any]:
        if self._unique:  # in order, so that two calls wait for each other and never deadlock
            first = self._unique[0].key
            rows = sorted(rows, key=lambda row: row[first])
        return sql.values_params(columns, [[row[each.name] for each in columns] for row in rows])

    def _require_unique(self, rows: Rows) -> None:
        for column in self._unique:
            if repeated := _repeated(rows, column.key):
                raise RowsConflict.repeated(column.key, repeated)

    def _refused(self, db: Database, rows: Rows) -> RowsConflict | Conflict:
        """Return which values other rows have."""
        for column in self._unique:
            key_by_value = {
                row[column.key]: row.get(self._key.name) for row in rows if column.key in row
            }
            taken = select(column, self._key).where(is_in(column, list(key_by_value)))
            with db.reading() as session:
                found = session.execute(taken).all()
            values = {value for value, key in found if key_by_value[value] != key}
            if values:
                at = [place for place, row in enumerate(rows) if row.get(column.key) in values]
                return RowsConflict.taken(column.key, {each: rows[each][column.key] for each in at})
        return Conflict(f"{self._name}: the database refuses these rows")

    def _prepare(
        self, sql: Dialect, names: Sequence[str], shared: Sequence[str]
    ) -> PreparedStatement:
        columns = [self._table.c[name] for name in names]
        others = [self._table.c[name] for name in shared]
        new = sql.values_table_params(columns)
        values = [bindparam(each.name, type_=each.type) for each in others]
        rows = select(*(new.c[name] for name in names), *values)
        statement = sql.Insert(self._table).from_select([*columns, *others], rows)
        return PreparedStatement(statement.returning(self._key))


def _repeated(rows: Rows, field: str) -> dict[int, Any]:
    """Return position → value of the rows with a value that a row before them has."""
    seen, repeated = set(), {}
    for position, row in enumerate(rows):
        value = row.get(field)
        if value in seen:
            repeated[position] = value
        elif value is not None:
            seen.add(value)
    return repeated
