"""Statements on psycopg's connections, past its cursors."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hotpath.blocking.db.drivers import postgres
from hotpath.blocking.db.drivers.psycopg_pq import DriverConnection
from hotpath.blocking.db.engine import open_engine
from hotpath.db.prepared import PreparedStatement
from hotpath.testing.workspace import Workspace
from psycopg.adapt import PyFormat
from psycopg.pq import Format
from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    String,
    bindparam,
    column,
    literal_column,
    select,
    table,
)

PREPARED = PreparedStatement(
    select(column("name", String))
    .select_from(table("pg_prepared_statements"))
    .where(column("name", String).like(bindparam("pattern", type_=String)))
)
SIGNS = PreparedStatement(
    select(
        literal_column("'100%'"),
        bindparam("second", type_=Integer) - bindparam("first", type_=Integer),
    )
)
LISTS = PreparedStatement(
    select(
        bindparam("numbers", type_=ARRAY(Integer)),
        bindparam("texts", type_=ARRAY(String)),
        bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    )
)

TRICKY = '"{,}\\é'


@contextmanager
def only_connection(
    workspace: Workspace, turns: int = 1, **settings: Any
) -> Iterator[list[DriverConnection]]:
    """Yield what is beneath a pool's only connection, each time that it is taken."""
    one = workspace.with_settings(DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0, **settings)
    with open_engine(one.settings().db) as engine:
        taken = []
        for _ in range(turns):
            with engine.connect() as connection:
                taken.append(postgres.driver_connection(connection))
        yield taken


def fetch(
    driver: DriverConnection, statement: PreparedStatement, **values: Any
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    compiled = statement.compiled_for(postgres)
    rows = postgres.run(driver, compiled.text, compiled.arguments(values))
    return [tuple(row) for row in rows]


def test_a_statement_stays_prepared_when_its_connection_is_taken_again(
    workspace: Workspace,
) -> None:
    with only_connection(workspace, turns=2) as (first, again):
        assert fetch(first, PREPARED, pattern="hotpath%") == [("hotpath_0",)]
        assert fetch(again, PREPARED, pattern="hotpath%") == [("hotpath_0",)]


def test_no_more_statements_stay_prepared_than_the_settings_say(workspace: Workspace) -> None:
    with only_connection(workspace, DB__STATEMENT_CACHE_SIZE=2) as (driver,):
        for number in range(5):
            statement = PreparedStatement(select(literal_column(str(number))))
            assert fetch(driver, statement) == [(number,)]

        assert len(fetch(driver, PREPARED, pattern="%")) <= 2


def test_places_are_numbered_and_other_signs_stay(workspace: Workspace) -> None:
    with only_connection(workspace) as (driver,):
        assert fetch(driver, SIGNS, first=1, second=3) == [("100%", 2)]


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_lists_of_all_lengths_come_back(workspace: Workspace, count: int) -> None:
    now = datetime.now(UTC)
    lists = {
        "numbers": [1 << number % 31 for number in range(count)],
        "texts": [f"{number}" + TRICKY for number in range(count)],
        "moments": [now] * count,
    }
    with only_connection(workspace) as (driver,):
        assert fetch(driver, LISTS, **lists) == [tuple(lists.values())]


def test_a_wrong_statement_says_what_is_wrong_and_the_connection_stays(
    workspace: Workspace,
) -> None:
    wrong = PreparedStatement(select(column("a")).select_from(table("nowhere")))
    with only_connection(workspace) as (driver,):
        with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"):
            fetch(driver, wrong)

        assert fetch(driver, SIGNS, first=1, second=2) == [("100%", 1)]


def test_lists_of_sessions_are_sent_in_binary(workspace: Workspace) -> None:
    """Bulk statements: as texts their values take a fourth of the time of the request."""
    with only_connection(workspace) as (driver,):
        dumper = driver.connection.adapters.get_dumper(list, PyFormat.AUTO)

    assert dumper.format is Format.BINARY
