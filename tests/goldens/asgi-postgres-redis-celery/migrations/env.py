"""How Alembic reaches the database: the same settings and engine as the service."""

from alembic import context
from sqlalchemy import Connection

from shop.db.models import Base
from shop.db.schema import with_connection
from shop.features import MODELS
from shop.settings import read_settings

__all__ = ["MODELS"]  # imported, so that their tables are in the metadata


def migrate(connection: Connection) -> None:
    """Run the revisions, in batches where the database cannot alter in place."""
    context.configure(connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


with_connection(read_settings().db, migrate)
