"""Single rows, inserted together with those that others insert at the same time.

A transaction is what an insert costs, and one holds many rows as well as one. Features declare an
`Insertion`, services ask for it; several rows of one caller are for `bulk.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from .given import Insert, named_rows, named_values
from .lookups import Lookup, Lookups
from .prepared import Prepared
from .session import Database

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False)  # two callers' rows are two, whatever they hold
class _Given:
    values: Row


class Insertion:
    """How single rows of a model are inserted; its `name` is a label of metrics.

    Rows have all columns but the primary key, which the database gives. `key` is unique.
    """

    def __init__(
        self, name: str, model: type[DeclarativeBase], key: InstrumentedAttribute[Any]
    ) -> None:
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self._columns = [each for each in table.c if not each.primary_key]
        given = select(*named_rows(self._columns).columns).where(true())
        statement = Insert(table).from_select(self._columns, given)  # `where`: as in `bulk.py`
        statement = statement.on_conflict_do_nothing(index_elements=[key])
        self._statement = Prepared(statement.returning(*table.c))
        self._given_at = [each.key for each in self._columns].index(key.key)
        self._found_at = table.c.keys().index(key.key)
        self._together: Lookup[_Given, Row] = Lookup(name, self._insert_all)

    async def insert(self, lookups: Lookups, values: Mapping[str, Any]) -> Row | None:
        """Insert a row; return all its columns, or None if another row has its key.

        Args:
            values: By column; those with a default in Python may be left out.
        Raises:
            LookupUnavailable: no answer in `batch_wait_s`; it may be inserted all the same.
            IntegrityError: another constraint is violated.
            DatabaseUnavailable: no connection, or it was lost.
        Cost: a share of one statement and its transaction.
        """
        row = tuple([_value(each, values) for each in self._columns])
        return await lookups.get(self._together, _Given(row))

    async def _insert_all(
        self, db: Database, given: Sequence[_Given]
    ) -> Mapping[_Given, Row | Exception]:
        """Insert the rows in the order of their keys, so that two processes never deadlock."""
        first_by_key: dict[Any, _Given] = {}
        for each in given:
            first_by_key.setdefault(each.values[self._given_at], each)
        rows = [first_by_key[key].values for key in sorted(first_by_key)]
        try:
            found = await db.fetch(self._statement, named_values(self._columns, rows))
        except IntegrityError as error:
            if len(given) == 1:
                return {given[0]: error}
            # Whose row it is shows when each is alone.
            alone = [await self._insert_all(db, [each]) for each in given]
            return {each: row for part in alone for each, row in part.items()}
        return {first_by_key[row[self._found_at]]: row for row in found}


def _value(column: Column[Any], values: Mapping[str, Any]) -> Any:
    default = column.default
    if column.name in values or default is None:
        return values[column.name]
    if isinstance(default, ScalarElementColumnDefault):
        return default.arg
    assert isinstance(default, CallableColumnDefault)  # noqa: S101 - the rest is the database's
    make: Any = default.arg  # it takes a context, which no default of ours looks at
    return make(None)
