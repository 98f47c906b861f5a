"""A service whose models and migrations are a test's own."""

import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hotpath.aio.db.sessions import with_connection
from hotpath.db import migrations
from hotpath.db.models import Base
from hotpath.service import Service
from hotpath.testing.migrations import Schema, schema_of
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, MetaData

from .database import empty, fresh_database
from .shop import SERVICE

Build = Callable[[MetaData], None]
"""Adds the tables of a model to the metadata."""


@dataclass(frozen=True)
class Elsewhere(Service):
    """The service, with migrations in a folder of the test's own."""

    place: Path = Path()

    @property
    def migrations(self) -> Path:
        return self.place


@dataclass(frozen=True)
class Place:
    """A service with an empty database, and a database beside it."""

    service: Elsewhere
    workspace: Workspace = field(repr=False)
    beside: Workspace = field(repr=False)

    def execute(self, *statements: str) -> list[object]:
        """Run statements; return the values that the last one reads."""
        found: list[object] = []

        def run(connection: Connection) -> None:
            for each in statements:
                result = connection.exec_driver_sql(each)
            found.extend(result.scalars() if result.returns_rows else ())

        with_connection(self.workspace.settings().db, run)
        return found

    def clear(self) -> None:
        """Leave the tables of the example and of the engine."""
        shutil.rmtree(self.service.place, ignore_errors=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SERVICE.migrations, self.service.place, ignore=ignored)
        empty(self.workspace.settings().db)
        migrations.upgrade(self.service)

    def revise(self, build: Build) -> Schema:
        """Write the revision to a model, run it, take it back; return the schema it made."""
        before = schema_of(self.workspace)
        migrations.revision(self.service, "a change")
        migrations.upgrade(self.service)
        migrations.check(self.service)
        after = schema_of(self.workspace)
        wanted = self.made_by_sqlalchemy(build)
        assert_same({name: after[name] for name in wanted}, wanted)
        migrations.downgrade(self.service, "-1")
        assert_same(schema_of(self.workspace), before)
        return after

    def newest(self) -> Path:
        """Return the file of the last revision."""
        *_, last = migrations.revisions(self.service)
        [path] = self.service.place.glob(f"*_{last}_*.py")
        return path

    @contextmanager
    def without_the_last(self) -> Iterator[None]:
        """Have the last revision away, which is not applied."""
        path = self.newest()
        away = path.rename(path.with_suffix(".away"))
        yield
        away.rename(path)

    def made_by_sqlalchemy(self, build: Build) -> Schema:
        """Return the schema that the model would have without any revision."""
        metadata = MetaData(naming_convention=Base.metadata.naming_convention)
        build(metadata)
        for table in metadata.tables.values():
            if table.autoincrement_column is not None:
                table.dialect_options["sqlite"]["autoincrement"] = True  # as the engine has it
        database = self.beside.settings().db
        empty(database)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Cannot correctly sort tables")
            with_connection(database, metadata.create_all)
        return schema_of(self.beside)


def assert_same(one: Schema, other: Schema) -> None:
    """Check that schemas are the same; what is in one alone is shown after `+` or `-`."""
    alone, missing = _lines(one) - _lines(other), _lines(other) - _lines(one)
    found = sorted([*(f"+ {each}" for each in alone), *(f"- {each}" for each in missing)])
    assert not found, "\n".join(found)


def _lines(schema: Schema) -> set[str]:
    return {
        f"{table} {kind} {each}"
        for table, kinds in schema.items()
        for kind, items in kinds.items()
        for each in items
    }


@contextmanager
def modelled(build: Build) -> Iterator[None]:
    """Have the tables of a model among those of the service."""
    before = set(Base.metadata.tables)
    try:
        build(Base.metadata)
        yield
    finally:
        for name in set(Base.metadata.tables) - before:
            Base.metadata.remove(Base.metadata.tables[name])


@contextmanager
def open_place(services: Mapping[str, str], folder: Path) -> Iterator[Place]:
    """Enter a place of its own."""
    service = Elsewhere(SERVICE.package, folder / "migrations")
    workspace = Workspace.in_folder(service, folder).with_variables(services)
    first, second = (
        workspace.with_settings(DB__URL=fresh_database(services, folder)) for _ in range(2)
    )
    with pytest.MonkeyPatch.context() as patch:
        first.enter(patch)
        yield Place(service, first, second)
