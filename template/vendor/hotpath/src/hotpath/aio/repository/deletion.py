"""Deletes a row, and tells which others the database deleted with it: they may be cached."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from hotpath.aio.db.database import Database
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in

Keys = Mapping[str, Sequence[Any]]
"""Of rows, by the name of their table."""


class Deletion:
    """Deletes rows of one table."""

    def __init__(self, table: Table) -> None:
        [self._key] = table.primary_key
        self._table = table
        mine = self._key == bindparam("row_key", type_=self._key.type)
        self._alone = PreparedStatement(delete(table).where(mine).returning(self._key))
        self._cascading = cache(_cascading)

    async def run(self, db: Database, row_id: Any) -> Keys:
        """Delete a row; return the keys of all that are gone, none if there was none.

        Raises:
            sqlalchemy.exc.IntegrityError: rows of others refer to it.
        Cost: 1 statement; where ON DELETE CASCADE takes others along, a transaction with 1 more,
            and 1 more for each table of theirs.
        """
        if not self._cascading(self._table):
            rows = await db.fetch(self._alone, {"row_key": row_id})
            return {self._table.name: [row[0] for row in rows]} if rows else {}
        async with db.writing() as session:
            # Locked, so that no row comes to refer to it meanwhile.
            mine = select(self._key).where(self._key == row_id).with_for_update()
            if (await session.scalars(mine)).first() is None:
                return {}
            gone = await self._below(session, row_id)
            await session.execute(delete(self._table).where(self._key == row_id))
        return gone

    async def _below(self, session: AsyncSession, row_id: Any) -> Keys:
        """Lock the rows that go with one, and return their keys with its own."""
        gone: dict[str, dict[Any, None]] = {self._table.name: {row_id: None}}
        levels: list[tuple[Table, Sequence[Any]]] = [(self._table, [row_id])]
        for table, keys in levels:
            for column in self._cascading(table):
                [key] = column.table.primary_key
                found = select(key).where(is_in(column, keys)).with_for_update()
                known = gone.setdefault(column.table.name, {})
                new = [each for each in await session.scalars(found) if each not in known]
                if new:
                    known.update(dict.fromkeys(new))
                    levels.append((column.table, new))
        return {name: list(keys) for name, keys in gone.items()}


def _cascading(table: Table) -> Sequence[Column[Any]]:
    """Return the foreign keys whose rows the database deletes with a row of the table."""
    return [
        foreign.parent
        for other in table.metadata.tables.values()
        for foreign in other.foreign_keys
        if foreign.column.table is table and (foreign.ondelete or "").upper() == "CASCADE"
    ]
