"""SQLite's own settings, set on every connection, and how its transactions begin."""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers and the writer do not block each other
    "PRAGMA synchronous=NORMAL",  # in WAL safe against a crash of the process
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)


def configure(engine: Engine) -> None:
    """Set the pragmas, and let the engine begin transactions instead of the driver."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("is_without_transaction"):
            return
        # A reader that turns writer cannot wait for another writer: writers say so at once.
        is_writing = options.get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
