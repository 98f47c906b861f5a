"""Rows of others, by the rows that they belong to: all of a page in one query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from hotpath.aio.db.database import Database
from hotpath.db.encoding import RowEncoder
from hotpath.db.plain_rows import Record
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in_param


class Relation:
    """The latest rows of a model for each row that they refer to, newest first."""

    def __init__(
        self,
        model: type[DeclarativeBase],
        schema: type[BaseModel],
        belongs_to: InstrumentedAttribute[Any],
        limit: int,
    ) -> None:
        """Declare it.

        Args:
            belongs_to: The foreign key; an index has to begin with it.
            limit: Rows for each.
        """
        self._belongs_to = belongs_to
        [self._key] = model.__table__.primary_key
        self._limit = limit
        self.tag = model.__table__.name  # type: ignore[attr-defined]
        """The tag of cached values that any of the rows may be in."""

        self._encoder = RowEncoder(model, schema)

    @cached_property
    def _statement(self) -> PreparedStatement:  # types of foreign keys are those of other models
        belongs_to = self._belongs_to
        columns = [
            each.label(f"column_{place}") for place, each in enumerate(self._encoder.columns)
        ]
        newest = func.row_number().over(partition_by=belongs_to, order_by=self._key.desc())
        ranked = (
            select(
                belongs_to.label("owner"), self._key.label("key"), newest.label("rank"), *columns
            )
            .where(is_in_param(belongs_to, "ids"))
            .subquery("ranked")
        )
        found = [ranked.c[each.name] for each in columns]
        statement = select(ranked.c.owner, *found).where(ranked.c.rank <= self._limit)
        return PreparedStatement(statement.order_by(ranked.c.key.desc()))

    async def load(self, db: Database, ids: Sequence[Any]) -> Mapping[Any, list[Record]]:
        """Return the rows of each id. Cost: 1 query."""
        rows = await db.fetch(self._statement, {"ids": ids})
        records = self._encoder.records([row[1:] for row in rows])
        found: dict[Any, list[Record]] = defaultdict(list)
        for row, record in zip(rows, records, strict=True):
            found[row[0]].append(record)
        return found
