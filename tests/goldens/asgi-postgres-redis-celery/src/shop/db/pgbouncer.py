"""Transaction pooling: a connection to PgBouncer is another server connection each time."""

from sqlalchemy import Connection, Engine, event

from .settings import DatabaseSettings


def set_in_transactions(engine: Engine, settings: DatabaseSettings) -> None:
    """Begin every transaction with what is otherwise said once, at connect.

    PgBouncer refuses it there, and what `SET` says would stay for the next client. Cost: 1 round
    trip for each transaction.
    """
    statement_ms = round(settings.statement_timeout_s * 1000)
    values = {"statement_timeout": statement_ms, "jit": "off", "datestyle": "ISO"}
    calls = (f"set_config('{name}', '{value}', true)" for name, value in values.items())
    sql = f"SELECT {', '.join(calls)}"

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(sql).close()
