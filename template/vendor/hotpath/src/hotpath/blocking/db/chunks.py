# Generated from hotpath/aio/db/chunks.py by extensions/blocking.py; do not edit.
"""Walks over more rows than memory or one transaction should hold."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute

from hotpath.blocking.db.database import Database
from hotpath.db.keyset import is_after

ROWS_EACH = 1000
"""Rows of a chunk: some milliseconds of locks, and a statement for a thousand rows."""

Rows = Sequence[Row[*tuple[Any, ...]]]


def walk(
    db: Database, where: Select[*tuple[Any, ...]], keys: Sequence[InstrumentedAttribute[Any]]
) -> Iterator[Rows]:
    """Yield chunks of the keys of all rows of `where`, in the order of an index on `keys`.

    Between two chunks no connection is held, so whoever takes them may change these rows. A row
    that comes meanwhile is met if it is behind the place of the walk.

    Raises:
        DatabaseUnavailable: no connection within the pool's wait, or it broke.
    Cost: 1 query a chunk, as fast for the last one as for the first; memory for one chunk.
    """
    page = where.with_only_columns(*keys).order_by(*keys).limit(ROWS_EACH)
    statement = page
    while True:
        with db.reading() as session:
            rows = session.execute(statement).all()
        if not rows:
            return
        yield rows
        statement = page.where(is_after(keys, rows[-1]))
