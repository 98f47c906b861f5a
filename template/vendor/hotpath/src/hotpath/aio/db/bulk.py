"""Many rows: bulk operations, and walks over more than memory or one transaction holds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Insert, Select, Table, case, func, select, true, update
from sqlalchemy import Row as FoundRow
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.dml import ReturningUpdate

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.db.database import Database
from hotpath.db.keyset import is_after
from hotpath.db.sql import Dialect, dialect_of

Model = type[DeclarativeBase]
Row = Mapping[str, Any]

ROWS_EACH = 1000
"""Rows of a chunk: some milliseconds of locks, and a statement for a thousand rows."""

Keys = Sequence[FoundRow[*tuple[Any, ...]]]


async def insert_rows(
    session: AsyncSession, model: Model, rows: Sequence[Row], key: InstrumentedAttribute[Any]
) -> dict[Any, int]:
    """Insert the rows whose unique `key` nobody has; defaults are taken once for all rows.

    Args:
        rows: All with the same columns, at least one row; no key twice.
    Returns:
        key → id of the rows that are new now; the others are untouched.
    Cost: 1 statement, 1 more per kind of object that had to be flushed; memory for all rows.
    """
    statement = await run_blocking(_insert_select, _dialect(session), model, rows, key)
    statement = statement.on_conflict_do_nothing(index_elements=[key])
    return await _inserted(session, model, statement, key)


async def upsert_rows(
    session: AsyncSession, model: Model, rows: Sequence[Row], key: InstrumentedAttribute[Any]
) -> dict[Any, int]:
    """Insert the rows, or change those whose unique `key` is there already.

    Args:
        rows: All with the same columns, at least one row; no key twice.
    Returns:
        key → id of all rows.
    Cost: 1 statement, as `insert_rows`.
    """
    statement = await run_blocking(_insert_select, _dialect(session), model, rows, key)
    changed = {name: statement.excluded[name] for name in rows[0]}
    statement = statement.on_conflict_do_update(index_elements=[key], set_=changed)
    return await _inserted(session, model, statement, key)


async def update_rows(session: AsyncSession, model: Model, changes: Sequence[Row]) -> set[int]:
    """Change rows by their primary key, each row in columns of its own.

    Args:
        changes: The key and what to change; a column that is left out stays. At least one; no
            key twice.
    Returns:
        The keys that there are.
    Cost: 1 statement however many rows and columns; memory for all rows.
    """
    statement = await run_blocking(_update_from, _dialect(session), model, changes)
    await session.flush()
    return set((await session.scalars(statement)).all())


async def walk(
    db: Database, where: Select[*tuple[Any, ...]], keys: Sequence[InstrumentedAttribute[Any]]
) -> AsyncIterator[Keys]:
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
        async with db.reading() as session:
            rows = (await session.execute(statement)).all()
        if not rows:
            return
        yield rows
        statement = page.where(is_after(keys, rows[-1]))


def _insert_select(
    sql: Dialect, model: Model, rows: Sequence[Row], key: InstrumentedAttribute[Any]
) -> Any:
    # In the order of the key, so that two calls wait for each other and never deadlock.
    in_order = sorted(rows, key=lambda row: row[key.key])
    table = _table(model)
    columns = _columns(table, rows[:1])
    rows_table = sql.values_table({each: [row[each.name] for row in in_order] for each in columns})
    source = select(rows_table).where(true())  # SQLite needs a WHERE before ON CONFLICT
    return sql.Insert(table).from_select(columns, source)


async def _inserted(
    session: AsyncSession, model: Model, statement: Insert, key: InstrumentedAttribute[Any]
) -> dict[Any, int]:
    await session.flush()
    table = _table(model)
    found = await session.execute(statement.returning(table.c[key.key], _key(table)))
    return dict(found.all())


def _update_from(sql: Dialect, model: Model, changes: Sequence[Row]) -> ReturningUpdate[int]:
    table = _table(model)
    key = _key(table)
    columns = _columns(table, changes)
    # Of a column that may be NULL, a row says whether it has it: NULL is a value then.
    flags: dict[Column[Any], Column[bool]] = {
        each: Column(f"has_{each.name}", Boolean()) for each in columns if each.nullable
    }
    rows_table = sql.values_table(
        {each: [row.get(each.name) for row in changes] for each in columns}
        | {flag: [each.name in row for row in changes] for each, flag in flags.items()}
    )
    # Locked in the order of the key, so that two calls wait for each other and never deadlock.
    found = (
        select(rows_table).join_from(rows_table, table, key == rows_table.c[key.name]).order_by(key)
    )
    locked = found.with_for_update(of=table).cte("locked")
    changed = {
        each: case((locked.c[flags[each].name], locked.c[each.name]), else_=each)
        if each in flags
        else func.coalesce(locked.c[each.name], each)
        for each in columns
        if each != key
    }
    return update(table).values(changed).where(key == locked.c[key.name]).returning(key)


def _dialect(session: AsyncSession) -> Dialect:
    return dialect_of(session.get_bind().dialect.name)


def _table(model: Model) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
    return table


def _columns(table: Table, rows: Sequence[Row]) -> list[Column[Any]]:
    """Return the columns that rows name, in the table's order, whatever theirs is."""
    names = {table.c[name].name for name in set().union(*rows)}
    return [each for each in table.c if each.name in names]


def _key(table: Table) -> Column[Any]:
    [key] = table.primary_key
    return key
