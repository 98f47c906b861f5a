# Generated from hotpath/aio/repository/aggregates.py by extensions/blocking.py; do not edit.
"""Figures of rows, such as a count by status: one query, cached until a row is written."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import count

from hotpath.blocking.cache.decorator import CachedFunction, cached
from hotpath.blocking.cache.tiers import Options
from hotpath.blocking.db.database import Database
from hotpath.blocking.repository.repository import Repository
from hotpath.db.models import utc_now
from hotpath.db.prepared import PreparedStatement
from hotpath.features import Misdeclared


def aggregate(  # noqa: PLR0913 - what is declared, by keyword
    repository: Repository,
    schema: type[BaseModel],
    *,
    by: InstrumentedAttribute[Any],
    figures: Mapping[str, ColumnElement[Any]],
    name: str,
    groups: Sequence[Any] = (),
    **options: Unpack[Options],
) -> CachedFunction[[Database], bytes]:
    """Declare figures of a repository's rows, by the values of a column.

        read_stats = aggregate(
            users,
            StatusStats,
            by=User.status,
            groups=STATUSES,
            figures={"count": func.count()},
            name="user_stats",
        )
        body = await read_stats(resources.cache, resources.db)  # {"items":[{"status":"active",…

    Args:
        schema: An item: the column's field, and one for each figure.
        figures: Aggregates of SQLAlchemy by the name of a field; `now` is bound to the time.
        name: The cache key, which no other function has.
        groups: Values of the column that are there in any case, in this order; without rows
            counts are 0 and other figures null. Without it: the values that rows have.
        options: Of the cache, such as `stale`.
    Raises:
        Misdeclared: the schema has other fields.
    Cost: a hit in the cache, or 1 query over the table, by one process for all.
    """
    fields = (by.key, *figures)
    if fields != tuple(schema.model_fields):
        raise Misdeclared(
            f"{name}: {schema.__name__} has the fields {', '.join(schema.model_fields)}; "
            f"{', '.join(fields)} are declared"
        )
    statement = PreparedStatement(select(by, *figures.values()).group_by(by).order_by(by))
    nothing = [0 if isinstance(each, count) else None for each in figures.values()]
    items = TypeAdapter(dict[str, list[schema]])  # type: ignore[valid-type]

    own: Options = {"is_expensive": True, "tags": (repository.tag,), **options}

    @cached(bytes, name=name, ignore=["db"], **own)
    def read(db: Database) -> bytes:
        found = {row[0]: row for row in db.fetch(statement, {"now": utc_now()})}
        rows = [found.get(group, (group, *nothing)) for group in groups or found]
        records = [dict(zip(fields, row, strict=True)) for row in rows]
        return items.dump_json(items.validate_python({"items": records}))

    return read
