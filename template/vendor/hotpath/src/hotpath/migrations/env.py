"""How Alembic reaches the database: the settings and the engine of the service.

`db/migrations.py` runs this with `service` in the configuration's attributes; an `alembic.ini` says
`hotpath_package = shop` instead.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Literal

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, TypeDecorator

from hotpath.cache import tables
from hotpath.db.models import Base, EngineBase
from hotpath.features import Features
from hotpath.migrations.enums import UnusedEnums
from hotpath.service import Service
from hotpath.tasks import model

__all__ = ["model", "tables"]  # imported, so that their tables are in the metadata

package = context.config.get_main_option("hotpath_package")
service: Service = context.config.attributes.get("service") or Service(str(package))
settings = service.read_settings()
with_connection = import_module(f"{service.flavour}.db.sessions").with_connection
Features(service).import_models()


def never_reuse_ids(metadata: MetaData) -> None:
    """Have SQLite never give an id twice, as PostgreSQL's sequences do."""
    for table in metadata.tables.values():
        if table.autoincrement_column is not None:
            table.dialect_options["sqlite"]["autoincrement"] = True


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Leave tables alone that neither a model nor a revision of the service ever had."""
    if kind != "table" or name in Base.metadata.tables or name in EngineBase.metadata.tables:
        return True
    return any(_creates(name, path) for path in service.migrations.glob("*.py"))


def _creates(name: str | None, path: Path) -> bool:
    return re.search(rf"create_table\(\s*[\"']{name}[\"']", path.read_text("utf-8")) is not None


def render_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write a decorated type as the type of the column; a revision does not import the service."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False  # Alembic writes it
    if type(item).__module__.startswith("sqlalchemy"):  # such as an interval
        return False
    return f"sa.{item.impl!r}"


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Run the block without SQLite's foreign keys, for what is left of the connection.

    SQLite alters a table by a copy of it: the old one is dropped, and that would delete the rows
    that refer to it by ON DELETE CASCADE.

    Raises:
        CommandError: a row refers to one that is gone; the transaction is to be rolled back.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    # In a transaction the setting stays as it is, and nothing was done in this one.
    for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(statement)
    yield
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        table, _, parent, _ = broken
        raise CommandError(
            f"A row of {table} would refer to a row of {parent} that is gone. Foreign keys are off "
            "while revisions run: remove that row too. Nothing was changed."
        )


def migrate(connection: Connection) -> None:
    """Run the revisions, in batches where the database cannot alter in place."""
    if taken := Base.metadata.tables.keys() & EngineBase.metadata.tables.keys():
        raise CommandError(f"The engine has a table {min(taken)}: give yours another name.")
    never_reuse_ids(Base.metadata)
    metadata = [Base.metadata, EngineBase.metadata]
    context.configure(
        connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render_type,
        include_name=is_ours,
        compare_server_default=True,
        on_version_apply=UnusedEnums(service.migrations.glob("*.py")),
    )
    with without_foreign_keys(connection), context.begin_transaction():
        context.run_migrations()


with_connection(settings.db, migrate)
