"""One statement on a connection of psycopg's own, past its cursors."""

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection as PooledConnection
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg as sqlalchemy_psycopg
from sqlalchemy.exc import IntegrityError

from .limits import Connection

_make_dialect: Any = sqlalchemy_psycopg.dialect  # it has no types
DIALECT: Dialect = _make_dialect(paramstyle="format")
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver gives as they are to be: its times are in the server's zone."""

_PREPARED = "prepared"
_PLACE = re.compile("%([s%])")
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

Types = tuple[int, ...]


class DriverConnection:
    """A connection with the statements that its server has prepared.

    psycopg's own cursor finds out for each call what is known here: that takes 10 µs of 45.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._server = connection.pgconn
        self._values = Transformer.from_context(connection)
        self._name_by_statement: dict[tuple[str, Types], bytes] = {}

    def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a statement of the dialect, prepared if it is not the first time; return its rows.

        Raises:
            psycopg.Error: as a cursor does.
        """
        values = self._values
        given = values.dump_sequence(arguments, [PyFormat.BINARY] * len(arguments))
        types = values.types or ()
        name = self._name_by_statement.get((text, types)) or self._prepare(text, types)
        self._server.send_query_prepared(name, given, values.formats, Format.BINARY)
        result = self._result()
        values.set_pgresult(result)
        return values.load_rows(0, result.ntuples, tuple)

    def _prepare(self, text: str, types: Types) -> bytes:
        known, most = self._name_by_statement, self.connection.prepared_max
        if most is not None and len(known) >= most:
            self.connection.execute("DEALLOCATE ALL", prepare=False)
            known.clear()
        name = b"held_%d" % len(known)
        self._server.send_prepare(name, _numbered(text).encode(), types)
        self._result()
        known[text, types] = name
        return name

    def _result(self) -> PGresult:
        """Wait for the end of what was sent, for no longer than the connection does."""
        result: PGresult = self.connection.wait(execute(self._server))[-1]
        if result.status not in _DONE:
            raise error_from_result(result, self._values.encoding)
        return result


def driver_connection(connection: PooledConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, Connection)  # noqa: S101 - `limits.py` opens no other
    driver.autocommit = True
    found: DriverConnection = connection.info.setdefault(_PREPARED, DriverConnection(driver))
    return found


def run(driver: DriverConnection, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """Run a statement that the server has prepared, if it is not the first time."""
    try:
        return driver.run(text, arguments)
    except psycopg.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error


def is_open(driver: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return not driver.connection.closed


def abandon(driver: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    driver.connection.close()


def _numbered(text: str) -> str:
    """Return a statement with `$1`, `$2` where the dialect writes `%s`, as the server wants it."""
    numbers = count(1)
    return _PLACE.sub(lambda place: f"${next(numbers)}" if place[1] == "s" else "%", text)
