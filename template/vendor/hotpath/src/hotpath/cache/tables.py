"""The tables of the third tier, in the database, and their statements.

Times are seconds since the epoch. Statements for single keys are built once; their values are bound
by name, see `params`.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Column,
    Delete,
    Double,
    Executable,
    Index,
    Label,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    Update,
    bindparam,
    case,
    delete,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from hotpath.db.models import EngineBase
from hotpath.db.sql import Dialect, is_in


class EntryRow(EngineBase):
    """A key: its value, its lease, or both. An invalidation deletes the row."""

    __tablename__ = "cache_entries"
    __table_args__ = (Index("ix_cache_entries_ends_at_key", "ends_at", "key"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(String(100))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: there is a lease only."""

    token: Mapped[bytes] = mapped_column(LargeBinary)
    leased_until: Mapped[float] = mapped_column(Double)
    """0: the lease is free."""

    ends_at: Mapped[float] = mapped_column(Double)
    """From then on the row is expired."""


class TagRow(EngineBase):
    """A tag and its stamp; an invalidation gives it another."""

    __tablename__ = "cache_tags"
    __table_args__ = (Index("ix_cache_tags_ends_at_tag", "ends_at", "tag"),)

    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    stamp: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[float] = mapped_column(Double)


ESCAPE = "\\"
MAX_LENGTH = 2500
"""Characters of a name that is stored; an index of PostgreSQL takes 2,704 bytes."""


def name_of(key: str) -> str:
    """Return a name that any database takes, without NUL and lone surrogates; no two alike."""
    return key.encode("unicode_escape").decode()


def like_of(pattern: str) -> str:
    """Return the LIKE pattern that the names of matching keys match, and few others."""
    escaped = re.sub(r"([\\%_])", r"\\\1", name_of(pattern))
    return escaped.replace("*", "%")


def matches(pattern: str, name: str) -> bool:
    """Tell whether a name matches: SQLite's LIKE ignores case."""
    parts = map(re.escape, name_of(pattern).split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None


_ENTRIES = cast("Table", EntryRow.__table__)
_TAGS = cast("Table", TagRow.__table__)
Model = type[EntryRow] | type[TagRow]
_ENTRY = _ENTRIES.c
_TAG = _TAGS.c


def _param(name: str) -> BindParameter[Any]:
    return bindparam(f"param_{name}")


def params(tags: Sequence[str] = (), **values: object) -> dict[str, object]:
    """Return the values of a statement."""
    named = {f"param_{name}": value for name, value in values.items()}
    return named | {f"param_tag_{number}": tag for number, tag in enumerate(tags)}


@cache
def read_entry(tag_count: int) -> Select[*tuple[Any, ...]]:
    """Return the data of a key and the stamps of its tags. Params: key, version, now, tags."""
    return select(_ENTRY.data, *_stamps(tag_count)).where(
        _ENTRY.key == _param("key"),
        _ENTRY.version == _param("version"),
        _ENTRY.data.is_not(None),
        _ENTRY.ends_at > _param("now"),
    )


@cache
def take_lease(sql: Dialect, tag_count: int) -> ReturningInsert[*tuple[Any, ...]]:
    """Lease a key unless it is leased; return it and the stamps of its tags, or no row.

    Params: key, token, version, until, now, tags.
    """
    until = _param("until")
    values = {_ENTRY.leased_until: until, _ENTRY.ends_at: until, _ENTRY.version: _param("version")}
    new = sql.Insert(_ENTRIES).values(
        {_ENTRY.key: _param("key"), _ENTRY.token: _param("token"), **values}
    )
    longest = case((_ENTRY.ends_at > new.excluded.ends_at, _ENTRY.ends_at), else_=until)
    leased = new.on_conflict_do_update(
        index_elements=[_ENTRY.key],
        set_={
            "token": new.excluded.token,
            "leased_until": new.excluded.leased_until,
            "ends_at": longest,
        },
        where=_ENTRY.leased_until <= _param("now"),
    )
    return leased.returning(_ENTRY.key, *_stamps(tag_count))


STORE = (
    update(_ENTRIES)
    .where(
        _ENTRY.key == _param("key"),
        _ENTRY.token == _param("token"),
        _ENTRY.leased_until > _param("now"),
    )
    .values(
        {
            _ENTRY.data: _param("data"),
            _ENTRY.version: _param("version"),
            _ENTRY.ends_at: _param("end"),
            _ENTRY.leased_until: 0.0,
        }
    )
)
"""Store data and end the lease, if it still holds. Params: key, token, version, now, data, end."""

RELEASE = (
    update(_ENTRIES)
    .where(_ENTRY.key == _param("key"), _ENTRY.token == _param("token"))
    .values({_ENTRY.leased_until: 0.0})
)
"""End a lease. Params: key, token."""


def stamp_tags(
    sql: Dialect, tags: Sequence[str], stamp: bytes, now: float, ends_at: float
) -> Executable:
    """Give a stamp to the tags that have none, or one that is expired."""
    wanted = sql.values_table({_TAG.tag: tags})
    columns = (wanted.c.tag, literal(stamp, _TAG.stamp.type), literal(ends_at, _TAG.ends_at.type))
    source = select(*columns).where(true()).order_by(wanted.c.tag)  # SQLite needs the WHERE
    new = sql.Insert(_TAGS).from_select([_TAG.tag, _TAG.stamp, _TAG.ends_at], source)
    return new.on_conflict_do_update(
        index_elements=[_TAG.tag],
        set_={"stamp": new.excluded.stamp, "ends_at": new.excluded.ends_at},
        where=_TAG.ends_at <= now,
    )


def stamps_of(tags: Sequence[str]) -> Select[str, bytes]:
    """Return tags and their stamps."""
    return select(_TAG.tag, _TAG.stamp).where(is_in(_TAG.tag, tags))


def delete_keys(keys: Sequence[str]) -> Delete:
    """Delete values with their leases."""
    return delete(_ENTRIES).where(_ENTRY.key.in_(_locked(_ENTRY.key, keys)))


def restamp_tags(tags: Sequence[str], stamp: bytes) -> Update:
    """Give tags another stamp."""
    return update(_TAGS).where(_TAG.tag.in_(_locked(_TAG.tag, tags))).values({_TAG.stamp: stamp})


def delete_expired(model: Model, names: Sequence[str], now: float) -> ReturningDelete[str]:
    """Delete the expired rows among `names`, but those that another transaction locks."""
    table = cast("Table", model.__table__)
    [column] = table.primary_key
    expired = select(column).where(is_in(column, names), table.c.ends_at <= now)
    found = expired.with_for_update(skip_locked=True).cte("expired")
    return delete(table).where(column.in_(select(found.c[column.name]))).returning(column)


def _stamps(count: int) -> list[Label[bytes | None]]:
    return [
        select(_TAG.stamp)
        .where(_TAG.tag == _param(f"tag_{number}"))
        .scalar_subquery()
        .label(f"stamp_{number}")
        for number in range(count)
    ]


def _locked(column: Column[Any], values: Sequence[str]) -> Select[Any]:
    # In one order, so that two invalidations wait for each other and never deadlock.
    found = select(column).where(is_in(column, values)).order_by(column).with_for_update()
    return select(found.cte("locked").c[column.name])
