"""Keyset pages of a model: the orders and filters that it has, and a statement for each use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Integer, Select, Table, bindparam, func, select
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from hotpath.db.encoding import RowEncoder
from hotpath.db.filters import STARTS, Attribute, Bound, Filters, equals, first_columns
from hotpath.db.keyset import (
    Cursors,
    InvalidCursor,
    InvalidOrder,
    from_micros,
    is_after_params,
    to_micros,
)
from hotpath.db.models import UtcDateTime
from hotpath.db.plain_rows import Record
from hotpath.db.prepared import PreparedStatement

_LAST = ("last_0", "last_1")


class PageQuery(Protocol):
    """What a page is asked for by: a schema with these fields, and a field for each filter.

    `count`, for the total, and `order`, the name of an order, are optional.
    """

    limit: int
    cursor: str | None


@dataclass(frozen=True)
class Order:
    """The order of a page: by columns that together are unique, all in one direction."""

    name: str
    columns: tuple[Attribute, ...]
    names: tuple[str, ...]
    is_descending: bool

    def sorted(self, statement: Select[Any]) -> Select[Any]:
        """Return the statement in this order."""
        if self.is_descending:
            return statement.order_by(*(each.desc() for each in self.columns))
        return statement.order_by(*self.columns)


@dataclass(slots=True)  # made for every page: frozen takes three times as long
class PageRequest:
    """One page that is asked for."""

    order: Order
    values: Mapping[str, Any]
    """Of the filters that are given, by name."""
    has_bound: bool
    """Whether one of them compares: of these there are too many values to cache pages."""
    limit: int
    is_counted: bool | None
    """Whether the total is asked for; None where it cannot be."""
    cursor: str | None


class Pages:
    """The pages of a model; which filters and orders there are is declared, see `Repository`."""

    def __init__(
        self,
        model: type[DeclarativeBase],
        encoder: RowEncoder,
        filters: Filters,
        orders: Sequence[str],
    ) -> None:
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        [key] = [each.key for each in table.primary_key]
        self._key: Attribute = getattr(model, key)
        self._model = model
        self._encoder = encoder
        self._bounds = {
            name: each if isinstance(each, Bound) else Bound(each, equals)
            for name, each in filters.items()
        }
        self._orders = {name: self._order(name) for name in (key, *orders)}
        self._default = self._orders[key]
        self._filters = [
            (name, each.compare is not equals, self._orders.get(each.column.key))
            for name, each in self._bounds.items()
        ]
        self._page = cache(self._prepare_page)
        self._count = cache(self._prepare_count)
        self._check(table)

    def request(self, query: PageQuery, fixed: Mapping[str, Any]) -> PageRequest:
        """Return what a query asks for: a page in its `order`, or that of a bound, or of keys.

        Raises:
            InvalidOrder: there is no such order.
        """
        asked = vars(query)
        values: dict[str, Any] = {}
        order, has_bound = self._default, False
        for name, is_bound, own_order in self._filters:
            value = asked.get(name)
            if value is not None:
                values[name] = value
                if is_bound:
                    has_bound, order = True, own_order or order
        values.update(fixed)  # whatever the client asks for
        if asked.get("order") is not None:
            order = self._order_named(asked["order"])
        return PageRequest(order, values, has_bound, query.limit, asked.get("count"), query.cursor)

    def statement(
        self, page: PageRequest, last: Sequence[Any]
    ) -> tuple[PreparedStatement, Mapping[str, Any]]:
        """Return the statement for one row more than the page, and its values.

        Args:
            last: The keys of the row before the page; empty for the first page.
        """
        names, values = set(page.values), dict(page.values)
        if last:
            # One bound only: of two on a column, databases take the first to find the start.
            for name in page.values:
                if self._is_implied(name, page, last):
                    names.remove(name)
                    del values[name]
            values.update(zip(_LAST, last, strict=False))
        values["limit"] = page.limit + 1
        return self._page(page.order, frozenset(names), bool(last)), values

    def count(self, page: PageRequest) -> tuple[PreparedStatement, Mapping[str, Any]]:
        """Return the statement for the number of all rows that pass the filters."""
        return self._count(frozenset(page.values)), page.values

    def last(self, page: PageRequest, cursors: Cursors) -> Sequence[Any]:
        """Return the keys of the row before the page; none before the first page.

        Raises:
            InvalidCursor: the cursor is not one of this list in this order.
        """
        if page.cursor is None:
            return ()
        keys = self._cursors(page.order, cursors).decode(page.cursor)
        if len(keys) != len(page.order.columns):
            raise InvalidCursor("cursor: not a cursor of this list")
        return [
            from_micros(key) if _is_time(column) else key
            for column, key in zip(page.order.columns, keys, strict=True)
        ]

    def cursor_after(self, page: PageRequest, cursors: Cursors, record: Record) -> str:
        """Return the cursor of the page after a row."""
        keys = [_number(record[name]) for name in page.order.names]
        return self._cursors(page.order, cursors).encode(*keys)

    def _cursors(self, order: Order, cursors: Cursors) -> Cursors:
        return cursors if order is self._default else cursors.ordered_by(order.name)

    def _is_implied(self, name: str, page: PageRequest, last: Sequence[Any]) -> bool:
        """Tell whether a bound holds for all that comes after the last row."""
        bound, order = self._bounds[name], page.order
        if bound.column.key != order.columns[0].key:
            return False
        starts = STARTS[order.is_descending]
        return bound.compare in starts and bool(bound.compare(last[0], page.values[name]))

    def _prepare_page(
        self, order: Order, names: frozenset[str], is_after: bool
    ) -> PreparedStatement:
        rows = self._filtered(select(*self._encoder.columns), names)
        if is_after:
            columns = order.columns
            rows = rows.where(is_after_params(columns, _LAST, is_descending=order.is_descending))
        limit = bindparam("limit", type_=Integer)
        return PreparedStatement(order.sorted(rows).limit(limit))

    def _prepare_count(self, names: frozenset[str]) -> PreparedStatement:
        rows = select(func.count()).select_from(self._model)
        return PreparedStatement(self._filtered(rows, names))

    def _filtered(self, statement: Select[Any], names: frozenset[str]) -> Select[Any]:
        return statement.where(*(self._condition(name) for name in sorted(names)))

    def _condition(self, name: str) -> ColumnElement[bool]:
        bound = self._bounds[name]
        condition: ColumnElement[bool] = bound.compare(
            bound.column, bindparam(name, type_=bound.column.type)
        )
        return condition

    def _order_named(self, name: str) -> Order:
        if name not in self._orders:
            raise InvalidOrder(f"order: {name} is none of {', '.join(self._orders)}")
        return self._orders[name]

    def _order(self, name: str) -> Order:
        column: Attribute | None = getattr(self._model, name.removeprefix("-"), None)
        if not isinstance(column, InstrumentedAttribute):
            table, wanted = self._model.__tablename__, name.removeprefix("-")
            raise ValueError(f"order {name}: {table} has no column {wanted}")
        is_key = column.key == self._key.key
        columns = (column,) if is_key else (column, self._key)
        names = tuple(each.key for each in columns)
        return Order(name, columns, names, is_descending=name.startswith("-"))

    def _check(self, table: Table) -> None:
        """Refuse what pages cannot be fast by.

        Raises:
            ValueError: a filter or an order without an index, an order by a column that may be
                NULL or that is no field of the schema.
        """
        first = first_columns(table)
        for name, bound in self._bounds.items():
            if bound.column.key not in first:
                raise ValueError(
                    f"filter {name}: {table.name}.{bound.column.key} begins no index; "
                    f'add Index("ix_{table.name}_{bound.column.key}_{self._key.key}", '
                    f'"{bound.column.key}", "{self._key.key}")'
                )
        for order in self._orders.values():
            column = order.columns[0]
            if column.key not in first:
                raise ValueError(f"order {order.name}: {table.name}.{column.key} begins no index")
            if table.c[column.key].nullable:
                raise ValueError(f"order {order.name}: {table.name}.{column.key} may be NULL")
            for each in order.columns:
                if each.key not in self._encoder.names:
                    raise ValueError(
                        f"order {order.name}: {each.key} is no field of "
                        f"{self._encoder.schema.__name__}"
                    )
                if not _is_number(each):
                    raise ValueError(
                        f"order {order.name}: {each.key} is neither a whole number nor a time"
                    )


def _is_time(column: Attribute) -> bool:
    return isinstance(column.type, UtcDateTime)


def _is_number(column: Attribute) -> bool:
    return _is_time(column) or isinstance(column.type, Integer)


def _number(key: int | datetime) -> int:
    if isinstance(key, int):
        return key
    return to_micros(key.replace(tzinfo=UTC))  # as all times that are selected are
