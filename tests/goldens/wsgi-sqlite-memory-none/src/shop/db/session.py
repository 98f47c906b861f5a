"""Sessions: reading ones, and writing ones that commit at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from ..observability.logs import get_logger
from .losses import is_lost


class DatabaseUnavailable(Exception):
    """No connection could be had, or it was lost; asking again later may work."""


_FAILURES = (SQLAlchemyError, OSError)


class Database:
    """Hands out sessions on the pool of this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        writing = engine.execution_options(is_writing=True)
        self._read = sessionmaker(engine, expire_on_commit=False)
        self._write = sessionmaker(writing, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that is rolled back at the end.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
        """
        try:
            with self._read() as session:
                yield session
        except _FAILURES as error:
            _raise_if_lost(error)
            raise

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that commits at the end, or is undone by any exception.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
        """
        try:
            with self._write() as session, session.begin():
                yield session
        except _FAILURES as error:
            _raise_if_lost(error)
            raise

    def ping(self) -> None:
        """Ask the database for nothing. Cost: 1 round trip."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))


def _raise_if_lost(error: Exception) -> None:
    if is_lost(error):
        get_logger().warning("database unavailable", error=f"{type(error).__name__}: {error}")
        raise DatabaseUnavailable(type(error).__name__) from error
