"""How Alembic reaches the database: the settings and the engine of the service.

`db/migrations.py` runs this with `service` in the configuration's attributes.
"""

from importlib import import_module
from typing import Literal

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, TypeDecorator

from hotpath.cache import tables
from hotpath.db.models import Base, EngineBase
from hotpath.service import Service
from hotpath.tasks import model

__all__ = ["model", "tables"]  # imported, so that their tables are in the metadata

service: Service = context.config.attributes["service"]
settings = service.read_settings()
with_connection = import_module(f"{service.flavour}.db.sessions").with_connection
service.module("features")  # as above


def never_reuse_ids(metadata: MetaData) -> None:
    """Have SQLite never give an id twice, as PostgreSQL's sequences do."""
    for table in metadata.tables.values():
        if table.autoincrement_column is not None:
            table.dialect_options["sqlite"]["autoincrement"] = True


def render_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write a decorated type as the type of the column; a revision does not import the service."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False  # Alembic writes it
    return f"sa.{item.impl!r}"


def migrate(connection: Connection) -> None:
    """Run the revisions, in batches where the database cannot alter in place."""
    if taken := Base.metadata.tables.keys() & EngineBase.metadata.tables.keys():
        raise CommandError(f"The engine has a table {min(taken)}: give yours another name.")
    never_reuse_ids(Base.metadata)
    metadata = [Base.metadata, EngineBase.metadata]
    context.configure(
        connection, target_metadata=metadata, render_as_batch=True, render_item=render_type
    )
    with context.begin_transaction():
        context.run_migrations()


with_connection(settings.db, migrate)
