# Generated from hotpath/aio/repository/repository.py by extensions/blocking.py; do not edit.
"""Repositories: what is read and written of a model, declared by its schemas.

    users = Repository(
        User,
        UserOut,
        filters={"status": User.status, "created_after": after(User.created_at)},
        orders=["created_at"],
    )

Statements are prepared once, rows become JSON without a model of each, look-ups and inserts of one
moment share a statement, and what is read is cached until it is written. Whatever it does not do
is a query of SQLAlchemy's in `db.reading()` or `db.writing()`; call `invalidate` after a write.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from hotpath.blocking.cache.cache import Cache
from hotpath.blocking.db.batching import BatchedInsert, Loader
from hotpath.blocking.db.database import Database
from hotpath.blocking.repository.bulk import Bulk, Rows, Updated
from hotpath.blocking.repository.deletion import Deletion
from hotpath.blocking.repository.integrity import refusal_of, unique_columns
from hotpath.blocking.repository.page_reader import PageReader
from hotpath.blocking.repository.relations import Relation
from hotpath.blocking.resources import Resources
from hotpath.db.encoding import RowEncoder
from hotpath.db.errors import Conflict, NotFound
from hotpath.db.filters import Filters
from hotpath.db.pages import PageQuery, Pages
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in_param
from hotpath.features import Misdeclared
from hotpath.observability.timers import timer

Columns = Mapping[str, Any]


class Created(NamedTuple):
    """A new row: its key, and the same as JSON."""

    id: Any
    body: bytes


@contextmanager
def _named(model: type[DeclarativeBase]) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise Misdeclared(f"{model.__module__}.{model.__name__}: {error}") from None


class Repository:
    """Reads and writes rows of one model."""

    def __init__(  # noqa: PLR0913 - what is declared, by keyword
        self,
        model: type[DeclarativeBase],
        schema: type[BaseModel],
        *,
        name: str = "",
        filters: Filters | None = None,
        orders: Sequence[str] = (),
        relations: Mapping[str, Relation] | None = None,
    ) -> None:
        """Declare it.

        Args:
            schema: What a row looks like to clients; its fields are columns of the model.
            name: In messages, cache keys and metrics; that of the model in lower case by default.
            filters: By the name of the field of a page's query: a column, or `after(column)`.
            orders: Of pages, by columns that begin an index: "created_at", "-created_at". Pages
                are by the primary key, or by the column of a bound that is given.
            relations: Rows of others that a page can include, by the name of a field.
        Raises:
            Misdeclared: in a sentence, what cannot be.
        """
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101 - a model is not mapped to a join or a view
        self.model = model
        self.table = table
        self.schema = schema
        self.name = name or model.__name__.lower()
        self.tag = table.name
        """The tag of cached values that any row may be in."""

        [key] = table.primary_key
        self.key: InstrumentedAttribute[Any] = getattr(model, key.key)
        self.unique = unique_columns(table)
        with _named(model):
            self.encoder = RowEncoder(model, schema)
            self.pages = Pages(model, self.encoder, filters or {}, orders)
        self._reader = PageReader(self.pages, table, self.encoder, relations or {})
        columns = self.encoder.columns
        one = select(*columns).where(self.key == bindparam("id", type_=key.type))
        many = select(self.key, *columns).where(is_in_param(self.key, "ids"))
        self._with_id, self._with_ids = PreparedStatement(one), PreparedStatement(many)
        self._deletion = Deletion(table)
        self._update = cache(self._prepare_update)
        self.by_id: Loader[Any, bytes] = Loader(f"{self.name}_by_id", self._load)
        unique = getattr(model, self.unique[0].key) if self.unique else None
        self._bulk = Bulk(model, self.name, self.unique)
        self._insert = BatchedInsert(f"create_{self.name}", model, unique, [key, *columns])

    def key_of(self, row_id: Any) -> str:
        """Return the cache key of a row."""
        return f"{self.name}:{row_id}"

    def register(self, cache: Cache) -> None:
        """Tell the cache what a row is in; of one model there may be several repositories."""
        if cache.knows(self.tag):
            cache.extend(self.tag, self._keys_of)
        else:
            cache.register(self.tag, self._keys_of, tags=(self.tag,))

    def _keys_of(self, row_id: Any) -> Sequence[str]:
        return [self.key_of(row_id)]

    def invalidate(self, cache: Cache, *ids: Any) -> None:
        """Invalidate what is cached of some rows; call it after a commit of your own."""
        cache.invalidate_entity(self.tag, *ids)

    def get(self, resources: Resources, row_id: Any) -> bytes:
        """Return a row as JSON, through the cache.

        Raises:
            NotFound: there is none; this too is cached, for `absent_ttl_s`.
        Cost: a hit in the cache, or a share of one query with all misses of the moment.
        """
        load = partial(resources.loaders.get, self.by_id, row_id)
        body = resources.cache.get_or_load(self.key_of(row_id), load)
        if body is None:
            raise NotFound.named(self.name, row_id)
        return body

    def exists(self, resources: Resources, row_id: Any) -> bool:
        """Tell whether there is such a row. Cost: as `get`, which it shares the cache with."""
        load = partial(resources.loaders.get, self.by_id, row_id)
        return resources.cache.get_or_load(self.key_of(row_id), load) is not None

    def create(self, resources: Resources, new: BaseModel, **fixed: Any) -> Created:
        """Add a row of those fields of `new` that are columns, and of `fixed` ones.

        Raises:
            Conflict: another row has a value that has to be unique.
            NotFound: a row that it refers to does not exist.
        Cost: a share of one statement with all that are added at the moment.
        """
        values = {**vars(new), **fixed}
        try:
            row = self._insert.insert(resources.loaders, values)
        except IntegrityError as error:
            raise refusal_of(resources.db, self.table, self.name, values) from error
        if row is None:
            raise Conflict.taken(self.unique[0].key, values[self.unique[0].key])
        row_id = row[0]
        body = self.encoder.encode(row[1:])
        self.invalidate(resources.cache, row_id)  # its absence may have been cached
        return Created(row_id, body)

    def update(self, resources: Resources, row_id: Any, changes: BaseModel) -> bytes:
        """Change the fields that were given; return the row as JSON.

        Raises:
            NotFound: there is none, or one that it refers to does not exist.
            Conflict: another row has a value that has to be unique.
        Cost: 1 statement.
        """
        values = changes.model_dump(exclude_unset=True)
        statement = self._update(frozenset(values))
        new = {f"new__{name}": value for name, value in values.items()}
        try:
            rows = resources.db.fetch(statement, {"row_key": row_id, **new})
        except IntegrityError as error:
            refusal = refusal_of(resources.db, self.table, self.name, values, row_id)
            raise refusal from error
        if not rows:
            raise NotFound.named(self.name, row_id)
        body = self.encoder.encode(rows[0])
        self.invalidate(resources.cache, row_id)
        return body

    def delete(self, resources: Resources, row_id: Any) -> None:
        """Delete a row, with those that ON DELETE CASCADE takes along.

        Raises:
            NotFound: there is none.
            Conflict: rows of others refer to it.
        Cost: 1 statement, see `Deletion.run`.
        """
        try:
            gone = self._deletion.run(resources.db, row_id)
        except IntegrityError as error:
            raise Conflict(f"{self.name} {row_id} is referred to") from error
        if not gone:
            raise NotFound.named(self.name, row_id)
        for entity, ids in gone.items():
            if resources.cache.knows(entity):
                resources.cache.invalidate_entity(entity, *ids)

    def create_many(self, resources: Resources, new: Sequence[BaseModel]) -> Sequence[Any]:
        """Add rows, all or none; see `Bulk.create`."""
        with timer(f"{self.table.name}.create_many"):
            ids = self._bulk.create(resources.db, new)
        self.invalidate(resources.cache, *ids)
        return ids

    def update_many(self, resources: Resources, changes: Sequence[BaseModel]) -> Updated:
        """Change the fields that were given of each row, all or none; see `Bulk.update`."""
        with timer(f"{self.table.name}.update_many"):
            updated = self._bulk.update(resources.db, changes)
        self.invalidate(resources.cache, *updated.found)
        return updated

    def upsert_many(self, resources: Resources, rows: Rows) -> None:
        """Add rows, and change those that are there already; see `Bulk.upsert`."""
        with timer(f"{self.table.name}.upsert_many"):
            ids = self._bulk.upsert(resources.db, rows)
        self.invalidate(resources.cache, *ids)

    def page(self, resources: Resources, query: PageQuery, **fixed: Any) -> bytes:
        """Return one page as JSON; a first one without bounds through the cache.

        Args:
            fixed: Filters that are not the client's, such as `user_id=7`; declared as others.
        Raises:
            InvalidCursor: the cursor is not one of this list in this order.
            InvalidOrder: there is no such order.
            NotFound: the page is empty, and the row that a fixed foreign key names does not exist.
        Cost: 1 query, 1 more for `count`, 1 more for each relation that is included.
        """
        return self._reader.read(resources, query, fixed)

    def _load(self, db: Database, ids: Sequence[Any]) -> Mapping[Any, bytes | Exception]:
        """Load rows as JSON; one id is no list, which PostgreSQL plans anew each time: 15 µs."""
        if len(ids) == 1:
            rows = db.fetch(self._with_id, {"id": ids[0]})
            return {ids[0]: self.encoder.encode_or_error(rows[0])} if rows else {}
        found = db.fetch(self._with_ids, {"ids": ids})
        bodies = self.encoder.encode_each([row[1:] for row in found])
        return {row[0]: body for row, body in zip(found, bodies, strict=True)}

    def _prepare_update(self, names: frozenset[str]) -> PreparedStatement:
        key = self.table.c[self.key.key]
        changed = update(self.table).where(key == bindparam("row_key", type_=key.type))
        new = {name: bindparam(f"new__{name}", type_=self.table.c[name].type) for name in names}
        return PreparedStatement(changed.values(new).returning(*self.encoder.columns))
