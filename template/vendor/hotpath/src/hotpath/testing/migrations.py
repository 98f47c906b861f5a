"""Checks of a service's migrations, on a database of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.engine.interfaces import ReflectedCheckConstraint

from hotpath.db import migrations
from hotpath.testing.workspace import Workspace

Schema = dict[str, dict[str, list[str]]]
"""Table → kind, such as `columns` → what there is of it."""


def schema_of(workspace: Workspace) -> Schema:
    """Return the tables of the workspace's database, with all that can be read back of them.

    The order of columns is no part of it: a column that a downgrade adds again comes last.
    """
    found: Schema = {}

    def read(connection: Connection) -> None:
        inspector = inspect(connection)
        columns = inspector.get_multi_columns()
        keys = inspector.get_multi_pk_constraint()
        foreign_keys = inspector.get_multi_foreign_keys()
        unique = inspector.get_multi_unique_constraints()
        checks = inspector.get_multi_check_constraints()
        indexes = inspector.get_multi_indexes()
        read_check = _without_casts if connection.dialect.name == "postgresql" else str
        for key in columns.keys() - {(None, "alembic_version")}:
            found[key[1]] = {
                "columns": _sorted(columns[key]),
                "primary key": [str(keys[key])],
                "foreign keys": _sorted(foreign_keys[key]),
                "unique": _sorted(unique[key]),
                "checks": _sorted(map(read_check, checks[key])),
                "indexes": _sorted(indexes[key]),
            }

    alembic = import_module(f"{workspace.service.flavour}.db.sessions")
    alembic.with_connection(workspace.settings().db, read)
    return found


def assert_models_and_migrations_agree(workspace: Workspace) -> None:
    """Check that the migrations make exactly the tables of the models."""
    with _entered(workspace):
        migrations.upgrade(workspace.service)
        migrations.check(workspace.service)


def assert_every_migration_can_be_undone(workspace: Workspace) -> None:
    """Check, migration by migration, that its downgrade leaves the schema as it was before.

    Each is applied, undone and applied again; what can be read back of the schema is compared.
    """
    service = workspace.service
    with _entered(workspace):
        migrations.upgrade(service, "hotpath@head")
        for revision in migrations.revisions(service):
            before = schema_of(workspace)
            migrations.upgrade(service, revision)
            after = schema_of(workspace)
            migrations.downgrade(service, "-1")
            assert schema_of(workspace) == before, f"the downgrade of {revision} leaves something"
            migrations.upgrade(service, revision)
            assert schema_of(workspace) == after, f"{revision} differs when it is applied again"


@contextmanager
def _entered(workspace: Workspace) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        workspace.enter(patch)
        yield


def _without_casts(constraint: ReflectedCheckConstraint) -> str:
    """Return name and text, without casts and the parentheses around what is cast.

    PostgreSQL has others when it reads what it wrote.
    """
    text = re.sub(r"::[a-z_ ]+(\([\d, ]+\))?(\[\])*", "", constraint["sqltext"])
    bare = re.sub(r"[\s()]", "", text)
    return f"{constraint['name']} {bare}"


def _sorted(items: object) -> list[str]:
    return sorted(map(str, items))  # type: ignore[call-overload]
