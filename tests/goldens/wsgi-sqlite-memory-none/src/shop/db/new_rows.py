"""New rows of one caller, all or none, in a transaction of their own.

In the transaction of a session, or where some rows may be there already, `bulk.py` inserts them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from ..concurrency import run_blocking
from .given import Insert, named_rows, named_values
from .prepared import Prepared
from .session import Database

Attribute = InstrumentedAttribute[Any]


class NewRows:
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
        alike = [table.c[each.key] for each in shared]
        values = [bindparam(each.name, type_=each.type) for each in alike]
        given = select(*named_rows(self._columns).columns, *values)
        statement = Insert(table).from_select([*self._columns, *alike], given)
        self._statement = Prepared(statement.returning(*table.primary_key))

    def insert(self, db: Database, rows: Sequence[Mapping[str, Any]], **shared: Any) -> list[int]:
        """Insert rows, at least one, by column; return their ids.

        Raises:
            sqlalchemy.exc.IntegrityError: a constraint is violated; nothing was inserted.
            DatabaseUnavailable: no connection, or it was lost.
        Cost: 1 statement, and memory for all rows, which are prepared in a thread.
        """
        values = run_blocking(self._values, rows)
        return [row[0] for row in db.fetch_apart(self._statement, {**values, **shared})]

    def _values(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        names = [each.name for each in self._columns]
        # In the order of the key, so that two calls wait for each other and never deadlock.
        in_order = sorted([row[name] for name in names] for row in rows)
        return named_values(self._columns, in_order)
