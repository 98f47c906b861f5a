"""How Alembic reaches the database: the settings and the engine of the service.

`db/migrations.py` runs this with `service` in the configuration's attributes; an `alembic.ini` says
`hotpath_package = shop` instead.
"""

import re
import warnings
from importlib import import_module
from pathlib import Path

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData

from hotpath.cache import tables
from hotpath.db.models import Base, EngineBase
from hotpath.features import Features
from hotpath.migrations import comparison
from hotpath.migrations.enums import UnusedEnums
from hotpath.migrations.implementations import without_foreign_keys
from hotpath.migrations.operations import arrange
from hotpath.migrations.rendering import render_item
from hotpath.migrations.stored import StoredTables
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


def migrate(connection: Connection) -> None:
    """Run the revisions, by copies of tables where the database cannot alter them in place."""
    if taken := Base.metadata.tables.keys() & EngineBase.metadata.tables.keys():
        raise CommandError(f"The engine has a table {min(taken)}: give yours another name.")
    never_reuse_ids(Base.metadata)
    metadata = [Base.metadata, EngineBase.metadata]
    for each in metadata:
        comparison.name_checks(each, connection.dialect)
    context.configure(
        connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render_item,
        include_name=is_ours,
        compare_type=comparison.type_differs,
        compare_server_default=True,
        autogenerate_plugins=["alembic.autogenerate.*", comparison.PLUGIN],
        process_revision_directives=arrange,
        on_version_apply=UnusedEnums(service.migrations.glob("*.py")),
        stored_tables=StoredTables(connection, metadata),
    )
    with warnings.catch_warnings(), without_foreign_keys(connection), context.begin_transaction():
        warnings.filterwarnings("ignore", "Cannot correctly sort tables")  # `arrange` can
        context.run_migrations()


with_connection(settings.db, migrate)
