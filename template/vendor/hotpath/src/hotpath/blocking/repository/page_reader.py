# Generated from hotpath/aio/repository/page_reader.py by extensions/blocking.py; do not edit.
"""Pages of a repository: read, cached, with the rows of others that they include."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import ForeignKey, Table, select

from hotpath.blocking.db.batching import Loader
from hotpath.blocking.db.database import Database
from hotpath.blocking.repository.integrity import parent_name
from hotpath.blocking.repository.relations import Relation
from hotpath.blocking.resources import Resources
from hotpath.cache.keys import key_of
from hotpath.db.encoding import RowEncoder, encode_page
from hotpath.db.errors import NotFound
from hotpath.db.keyset import Cursors
from hotpath.db.pages import PageQuery, PageRequest, Pages
from hotpath.db.plain_rows import Record
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in_param


class PageReader:
    """Reads the pages of one repository."""

    def __init__(
        self,
        pages: Pages,
        table: Table,
        encoder: RowEncoder,
        relations: Mapping[str, Relation],
    ) -> None:
        self._pages = pages
        self._tag = table.name
        [self._key] = table.primary_key
        self._encoder = encoder
        self._relations = relations
        self._parents = {each.parent.key: _loader_of(table, each) for each in table.foreign_keys}

    def read(self, resources: Resources, query: PageQuery, fixed: Mapping[str, Any]) -> bytes:
        """Return a page as JSON, see `Repository.page`."""
        page = self._pages.request(query, fixed)
        included = vars(query).get("include")
        if page.cursor is not None or page.has_bound or fixed:
            return self._load(resources, page, included, fixed)
        load = partial(self._load, resources, page, included, fixed)
        values = [f"{name}={value}" for name, value in page.values.items()]
        parts = (page.order.name, page.limit, page.is_counted, included, *values)
        tags = (self._tag, self._relations[included].tag) if included else (self._tag,)
        return resources.cache.get_or_load(key_of(f"{self._tag}_page", *parts), load, tags=tags)

    def _load(
        self,
        resources: Resources,
        page: PageRequest,
        included: str | None,
        fixed: Mapping[str, Any],
    ) -> bytes:
        db = resources.db
        secret = resources.settings.secret_key.get_secret_value()
        name = ":".join([self._tag, *map(str, fixed.values())]) if fixed else self._tag
        cursors = Cursors(secret, name)
        rows = db.fetch(*self._pages.statement(page, self._pages.last(page, cursors)))
        if fixed and not rows:
            self._require_parents(resources, fixed)
        items = self._encoder.records(rows[: page.limit])
        next_cursor = None
        if len(rows) > page.limit:
            next_cursor = self._pages.cursor_after(page, cursors, items[-1])
        total = {} if page.is_counted is None else {"total": self._total(db, page)}
        if included:
            self._include(db, included, items)
        return encode_page(items, next_cursor, **total)

    def _total(self, db: Database, page: PageRequest) -> int | None:
        if not page.is_counted:
            return None
        [[total]] = db.fetch(*self._pages.count(page))
        return int(total)

    def _include(self, db: Database, name: str, items: Sequence[Record]) -> None:
        key = self._key.key
        found = self._relations[name].load(db, [each[key] for each in items])
        for each in items:
            each[name] = found.get(each[key], [])

    def _require_parents(self, resources: Resources, fixed: Mapping[str, Any]) -> None:
        for name, value in fixed.items():
            loader = self._parents.get(name)
            if loader is not None and not resources.loaders.get(loader, value):
                raise NotFound.named(parent_name(name), value)


def _loader_of(table: Table, foreign: ForeignKey) -> Loader[Any, bool]:
    """Return a look-up of whether rows that a foreign key refers to exist."""

    @cache
    def statement() -> PreparedStatement:  # the other model may not be imported yet
        target = foreign.column
        return PreparedStatement(select(target).where(is_in_param(target, "ids")))

    def load(db: Database, ids: Sequence[Any]) -> Mapping[Any, bool | Exception]:
        return {row[0]: True for row in db.fetch(statement(), {"ids": ids})}

    return Loader(f"{table.name}_{foreign.parent.key}", load)
