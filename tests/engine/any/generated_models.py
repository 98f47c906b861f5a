"""Models that nobody would write: Hypothesis draws what is in a table, `build` makes it a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from hotpath.db.models import UtcDateTime
from hypothesis import strategies as st
from sqlalchemy.types import TypeDecorator

from .column_types import OWN_KINDS

NAMES = ("amount", "Kind", "order", "due_at", "note")
TABLES = ("parcels", "Items", "group")
VALUES = ("on", "off", "it's", "50%", "a:b", "two words")
COMMENTS = ("what it's for", "100 %", "a :name")


class Reversed(TypeDecorator[str]):
    """A decorated type of a project."""

    impl = sa.String(30)
    cache_ok = True


@dataclass(frozen=True)
class Kind:
    """A type of columns, with defaults and CHECKs that suit it."""

    make: Callable[[str, Sequence[str]], Any]
    defaults: Sequence[Any] = ()
    checks: Sequence[str] = ()
    is_key: bool = True
    """Whether it can be indexed, and be unique."""


def plain(
    kind: Any, defaults: Sequence[Any] = (), checks: Sequence[str] = (), *, is_key: bool = True
) -> Kind:
    return Kind(lambda name, values: kind, defaults, checks, is_key)


def number(kind: Any) -> Kind:
    defaults = ("0", "1", sa.text("(2 + 3)"), sa.text("-1"))
    return plain(kind, defaults, ("{} > 0", "{} IN (1, 2)", "({} >= 1 AND {} <> 7)", "{} % 2 = 0"))


def words(kind: Any) -> Kind:
    joined = sa.text("('x' || 'y')")
    defaults = ("", "it's", "'quoted'", "50%", "a:b", joined, sa.func.lower("ABC"))
    checks = ("{} <> ''", "{} LIKE 'a%'", "length({}) > 2", "{} IN ('it''s', 'x')", "{} <> ':no'")
    return plain(kind, defaults, checks)


def enum(**options: Any) -> Kind:
    def make(name: str, values: Sequence[str]) -> Any:
        return sa.Enum(*values, name=f"{name}_kind".lower(), **options)

    return Kind(make, VALUES[:1])


def boolean(name: str, values: Sequence[str]) -> Any:
    return sa.Boolean(create_constraint=True, name=f"{name}_is_bool")


KINDS: Mapping[str, Kind] = {
    "small": number(sa.SmallInteger()),
    "int": number(sa.Integer()),
    "big": number(sa.BigInteger()),
    "id": number(sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
    "numeric": plain(sa.Numeric(), ("0", "1.50"), ("{} > 0",)),
    "price": plain(sa.Numeric(10, 2), ("0", "1.50"), ("{} > 0",)),
    "float": plain(sa.Float(), ("0", "1.5")),
    "single": plain(sa.Float(24)),
    "double": plain(sa.Double(), ("0.25",), ("{} < 1",)),
    "string": words(sa.String()),
    "short": words(sa.String(20)),
    "longer": words(sa.String(40)),
    "char": plain(sa.CHAR(3), ("abc",)),
    "unicode": words(sa.Unicode(10)),
    "text": words(sa.Text()),
    "unicode text": words(sa.UnicodeText()),
    "reversed": words(Reversed()),
    "bool": plain(sa.Boolean(), (sa.true(), sa.false())),
    "checked bool": Kind(boolean, (sa.true(),)),
    "date": plain(sa.Date(), ("2026-01-31", sa.func.current_date())),
    "time": plain(sa.Time(), ("12:30:00",)),
    "datetime": plain(sa.DateTime(), (sa.func.now(), "2026-01-31 00:00:00")),
    "zoned": plain(sa.DateTime(timezone=True), (sa.func.now(), sa.text("CURRENT_TIMESTAMP"))),
    "utc": plain(UtcDateTime(), (sa.func.now(),)),
    "interval": plain(sa.Interval()),
    "binary": plain(sa.LargeBinary(), is_key=False),
    "json": plain(sa.JSON(), ('{"a":1}', "[]"), is_key=False),
    "uuid": plain(sa.Uuid()),
    "uuid text": plain(sa.Uuid(native_uuid=False)),
    "pickle": plain(sa.PickleType(), is_key=False),
    "enum": enum(),
    "text enum": enum(native_enum=False),
    "checked enum": enum(native_enum=False, create_constraint=True),
    "checked native enum": enum(create_constraint=True),
    "mood": Kind(lambda name, values: sa.Enum(*values, name="mood"), VALUES[:1]),
    **{name: plain(*each) for name, each in OWN_KINDS.items()},
}


@dataclass(frozen=True)
class Column:
    kind: str
    nullable: bool = True
    default: int = -1
    check: int = -1
    unique: bool = False
    index: bool = False
    comment: str | None = None
    values: Sequence[str] = VALUES[:2]
    key_to: str | None = None
    """The table that it refers to; its type is that of ids then."""


@dataclass(frozen=True)
class Table:
    columns: Mapping[str, Column] = field(default_factory=dict)
    checks: Mapping[str, int] = field(default_factory=dict)
    unique: Sequence[str] = ()
    index: Sequence[str] = ()
    comment: str | None = None


Model = Mapping[str, Table]


def columns(tables: Sequence[str]) -> st.SearchStrategy[Column]:
    return st.builds(
        Column,
        kind=st.sampled_from(sorted(KINDS)),
        nullable=st.booleans(),
        default=st.integers(-1, 6),
        check=st.integers(-2, 4),
        unique=st.booleans(),
        index=st.booleans(),
        comment=st.none() | st.sampled_from(COMMENTS),
        values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique=True),
        key_to=st.none() | st.none() | st.sampled_from(tables),
    )


@st.composite
def tables(draw: st.DrawFn, among: Sequence[str]) -> Table:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return draw(with_constraints(Table({name: draw(columns(among)) for name in names})))


@st.composite
def with_constraints(draw: st.DrawFn, table: Table) -> Table:
    keys = [name for name, each in table.columns.items() if KINDS[each.kind].is_key]
    some = st.just(()) | st.lists(st.sampled_from(keys), min_size=2, unique=True).map(tuple)
    return replace(
        table,
        checks=draw(st.dictionaries(st.sampled_from(["first", "Second"]), st.integers(0, 2))),
        unique=draw(some) if len(keys) > 1 else (),
        index=draw(some) if len(keys) > 1 else (),
        comment=draw(st.none() | st.sampled_from(COMMENTS)),
    )


@st.composite
def models(draw: st.DrawFn) -> Model:
    names = draw(st.lists(st.sampled_from(TABLES), min_size=1, max_size=3, unique=True))
    return {name: draw(tables(names)) for name in names}


@st.composite
def changed(draw: st.DrawFn, model: Model) -> Model:
    """Draw the next version of a model: more and fewer tables and columns, other columns."""
    kept = [name for name in model if draw(st.integers(0, 4))]
    new = [name for name in TABLES if name not in model and draw(st.booleans())]
    names = [*kept, *new] or list(model)
    return {
        name: draw(changed_tables(model[name], names) if name in model else tables(names))
        for name in names
    }


@st.composite
def changed_tables(draw: st.DrawFn, table: Table, among: Sequence[str]) -> Table:
    drawn = {}
    for name in NAMES:
        column = table.columns.get(name)
        if column is None:
            if not draw(st.integers(0, 3)):
                drawn[name] = draw(columns(among))
        elif step := draw(st.integers(0, 6)):
            drawn[name] = draw(changed_columns(column, among)) if step > 2 else column
    kept = {
        name: replace(each, key_to=each.key_to if each.key_to in among else None)
        for name, each in (drawn or table.columns).items()
    }
    new = replace(table, columns=kept)
    keys = {name for name, each in kept.items() if KINDS[each.kind].is_key}
    is_bound = not {*new.unique, *new.index} <= keys
    return draw(with_constraints(new)) if is_bound or draw(st.booleans()) else new


@st.composite
def changed_columns(draw: st.DrawFn, column: Column, among: Sequence[str]) -> Column:
    other = draw(columns(among))
    names = st.sampled_from(sorted(vars(column)))
    changes = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    return replace(column, **{name: getattr(other, name) for name in changes})


@st.composite
def versions(draw: st.DrawFn) -> tuple[Model, Model]:
    """Draw a model and its next version."""
    first = draw(models())
    return first, draw(changed(first))


def build(model: Model, metadata: sa.MetaData) -> None:
    """Add the tables of a model to the metadata."""
    for name, table in model.items():
        made = [_column(name, key, _shared(each, model)) for key, each in table.columns.items()]
        parts = [_id(), *made, *_constraints(name, table)]
        sa.Table(name, metadata, *parts, comment=table.comment)
    for name, table in model.items():
        for key, each in table.columns.items():
            if each.index and _is_key(each):
                sa.Index(f"ix_{name}_{key}", metadata.tables[name].c[key])


def _shared(column: Column, model: Model) -> Column:
    """Have one enum of the same values in all tables of a version, and of others in the next."""
    return replace(column, values=VALUES[: len(model) + 1]) if column.kind == "mood" else column


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _is_key(column: Column) -> bool:
    return column.key_to is not None or KINDS[column.kind].is_key


def _column(table: str, name: str, column: Column) -> sa.Column[Any]:
    kind = KINDS["id"] if column.key_to else KINDS[column.kind]
    parts: list[Any] = []
    if 0 <= column.check < len(kind.checks):
        sql = kind.checks[column.check].replace("{}", f'"{name}"').replace("':", "'\\:")
        parts.append(sa.CheckConstraint(sql, name=f"{name}_is_right"))
    if column.key_to:
        parts.append(sa.ForeignKey(f"{column.key_to}.id", ondelete="CASCADE"))
    made = kind.make(f"{table}_{name}", column.values)
    default = kind.defaults[column.default] if 0 <= column.default < len(kind.defaults) else None
    if isinstance(made, sa.Enum) and default is not None:
        default = column.values[0]
    return sa.Column(
        name,
        made,
        *parts,
        nullable=column.nullable,
        unique=(column.unique and _is_key(column)) or None,
        server_default=default,
        comment=column.comment,
    )


def _constraints(name: str, table: Table) -> list[Any]:
    number: sa.ColumnClause[Any] = sa.column("id")
    conditions = (
        number > 0,
        number.in_([1, 2, 3]),
        sa.or_(number != 5, *(sa.column(key).is_(None) for key in table.columns)),
    )
    found: list[Any] = [
        sa.CheckConstraint(conditions[which], name=key) for key, which in table.checks.items()
    ]
    if table.unique:
        found.append(sa.UniqueConstraint(*table.unique))
    if len(table.index) > 1:
        found.append(sa.Index(f"ix_{name}_" + "_".join(table.index), *table.index))
    return found
