"""Lets tools such as Alembic work on the service's own engine."""

from collections.abc import Callable

from sqlalchemy import Connection

from hotpath.blocking.db.engine import open_engine
from hotpath.settings import DatabaseSettings


def with_connection(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction."""
    with open_engine(settings) as engine:
        writing = engine.execution_options(is_writing=True)
        with writing.begin() as connection:
            work(connection)
