"""The statements of the tables that answers are kept in; `table_store` sends them.

Those that are sent for single answers are built once; their values are named `given_…`.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Column,
    Delete,
    Label,
    Select,
    Table,
    Update,
    bindparam,
    case,
    delete,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from ..db.arrays import is_in
from ..db.given import Insert, given_rows
from .model import EntryRow, TagRow
from .version import VERSION

_ENTRIES = cast("Table", EntryRow.__table__)
_TAGS = cast("Table", TagRow.__table__)
Model = type[EntryRow] | type[TagRow]
_ENTRY = _ENTRIES.c
_TAG = _TAGS.c


def _given(name: str) -> BindParameter[Any]:
    return bindparam(f"given_{name}")


def given(tags: Sequence[str] = (), **values: object) -> dict[str, object]:
    """Return the values of a statement."""
    named = {f"given_{name}": value for name, value in values.items()}
    return named | {f"given_tag_{number}": tag for number, tag in enumerate(tags)}


@cache
def read_entry(tag_count: int) -> Select[*tuple[Any, ...]]:
    """Return the data of a key and the stamps of its tags. Given: key, now, tags."""
    return select(_ENTRY.data, *_stamps(tag_count)).where(
        _ENTRY.key == _given("key"),
        _ENTRY.version == VERSION,
        _ENTRY.data.is_not(None),
        _ENTRY.ends_at > _given("now"),
    )


@cache
def take_lease(tag_count: int) -> ReturningInsert[*tuple[Any, ...]]:
    """Lease a key unless it is leased; return it and the stamps of its tags, or no row.

    Given: key, token, until, now, tags.
    """
    until = _given("until")
    values = {_ENTRY.leased_until: until, _ENTRY.ends_at: until, _ENTRY.version: VERSION}
    new = Insert(_ENTRIES).values(
        {_ENTRY.key: _given("key"), _ENTRY.token: _given("token"), **values}
    )
    longest = case((_ENTRY.ends_at > new.excluded.ends_at, _ENTRY.ends_at), else_=until)
    leased = new.on_conflict_do_update(
        index_elements=[_ENTRY.key],
        set_={
            "token": new.excluded.token,
            "leased_until": new.excluded.leased_until,
            "ends_at": longest,
        },
        where=_ENTRY.leased_until <= _given("now"),
    )
    return leased.returning(_ENTRY.key, *_stamps(tag_count))


KEEP = (
    update(_ENTRIES)
    .where(
        _ENTRY.key == _given("key"),
        _ENTRY.token == _given("token"),
        _ENTRY.leased_until > _given("now"),
    )
    .values(
        {
            _ENTRY.data: _given("data"),
            _ENTRY.version: VERSION,
            _ENTRY.ends_at: _given("end"),
            _ENTRY.leased_until: 0.0,
        }
    )
)
"""Keep data and end the lease, if it still holds. Given: key, token, now, data, end."""

RELEASE = (
    update(_ENTRIES)
    .where(_ENTRY.key == _given("key"), _ENTRY.token == _given("token"))
    .values({_ENTRY.leased_until: 0.0})
)
"""End a lease. Given: key, token."""


def stamp_tags(tags: Sequence[str], stamp: bytes, now: float, ends_at: float) -> Insert:
    """Give a stamp to the tags that have none, or one that has ended."""
    asked = given_rows({_TAG.tag: tags})
    columns = (asked.c.tag, literal(stamp, _TAG.stamp.type), literal(ends_at, _TAG.ends_at.type))
    source = select(*columns).where(true()).order_by(asked.c.tag)  # SQLite needs the WHERE
    new = Insert(_TAGS).from_select([_TAG.tag, _TAG.stamp, _TAG.ends_at], source)
    return new.on_conflict_do_update(
        index_elements=[_TAG.tag],
        set_={"stamp": new.excluded.stamp, "ends_at": new.excluded.ends_at},
        where=_TAG.ends_at <= now,
    )


def stamps_of(tags: Sequence[str]) -> Select[str, bytes]:
    """Return tags and their stamps."""
    return select(_TAG.tag, _TAG.stamp).where(is_in(_TAG.tag, tags))


def forget_keys(keys: Sequence[str]) -> Delete:
    """Drop answers with their leases."""
    return delete(_ENTRIES).where(_ENTRY.key.in_(_locked(_ENTRY.key, keys)))


def forget_tags(tags: Sequence[str], stamp: bytes) -> Update:
    """Give tags another stamp."""
    return update(_TAGS).where(_TAG.tag.in_(_locked(_TAG.tag, tags))).values({_TAG.stamp: stamp})


def drop_ended(model: Model, names: Sequence[str], now: float) -> ReturningDelete[str]:
    """Drop the rows of names that have ended, but those that somebody is changing."""
    table = cast("Table", model.__table__)
    [column] = table.primary_key
    ended = select(column).where(is_in(column, names), table.c.ends_at <= now)
    found = ended.with_for_update(skip_locked=True).cte("ended")
    return delete(table).where(column.in_(select(found.c[column.name]))).returning(column)


def _stamps(count: int) -> list[Label[bytes | None]]:
    return [
        select(_TAG.stamp)
        .where(_TAG.tag == _given(f"tag_{number}"))
        .scalar_subquery()
        .label(f"stamp_{number}")
        for number in range(count)
    ]


def _locked(column: Column[Any], values: Sequence[str]) -> Select[Any]:
    # In one order, so that two changes wait for each other and never deadlock.
    found = select(column).where(is_in(column, values)).order_by(column).with_for_update()
    return select(found.cte("locked").c[column.name])
