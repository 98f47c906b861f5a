"""PgBouncer in transaction pooling between the service and PostgreSQL."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hotpath.aio.db.engine import open_engine
from hotpath.settings import DatabaseSettings
from hotpath.testing.servers import client, serving
from hotpath.testing.workspace import Workspace
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..database import fresh_database
from ..pgbouncer import pooling

TASK = f"/tasks/{'0' * 32}"
CLIENTS = 12
REQUESTS = 10
ENOUGH_TO_PREPARE = 8
IGNORED = (
    "client_connection_check_interval",
    "statement_timeout",
    "jit",
    "tcp_keepalives_idle",
    "options",
)


@pytest.fixture(scope="module")
def database(services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of an empty database."""
    return fresh_database(services, tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="module")
def proxied(database: str) -> Iterator[str]:
    """Return its URL through a PgBouncer as it comes."""
    with pooling(database) as url:
        yield url


def settings(url: str, *, pgbouncer: bool = True) -> DatabaseSettings:
    return DatabaseSettings(url=SecretStr(url), pgbouncer=pgbouncer, statement_timeout_s=7)


async def repeat_on_another_connection(settings: DatabaseSettings) -> None:
    """Repeat a statement until it is prepared, then once more elsewhere."""
    statement = text("SELECT 42")
    async with open_engine(settings) as engine, engine.connect() as connection:
        for _ in range(ENOUGH_TO_PREPARE):
            await connection.execute(statement)
            await connection.commit()
        async with engine.connect() as other:
            await other.execute(text("SELECT 1"))  # has the server connection that was used so far
            await connection.execute(statement)


def test_many_connections_of_two_processes_share_few(workspace: Workspace, proxied: str) -> None:
    behind = workspace.with_settings(DB__URL=proxied, DB__PGBOUNCER="true")
    migrated = behind.run("db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    with serving(behind, "--workers", "2") as server:

        def ask(_: int) -> list[int]:
            with client(server.port) as http:
                return [http.get(TASK).status_code for _ in range(REQUESTS)]

        with ThreadPoolExecutor(CLIENTS) as threads:
            statuses = [status for some in threads.map(ask, range(CLIENTS)) for status in some]

    assert Counter(statuses) == {404: CLIENTS * REQUESTS}


async def test_statements_need_no_certain_server_connection(proxied: str) -> None:
    await repeat_on_another_connection(settings(proxied))


async def test_without_the_mode_prepared_statements_are_missed(database: str) -> None:
    missed = pytest.raises(DBAPIError, match=r"prepared statement .* does not exist")
    with pooling(database, ignored=IGNORED) as url, missed:
        await repeat_on_another_connection(settings(url, pgbouncer=False))


async def test_limits_hold_and_no_statement_stays_behind(proxied: str) -> None:
    limits = text("SELECT current_setting('statement_timeout'), current_setting('jit')")
    named = text("SELECT count(*) FROM pg_prepared_statements")
    async with open_engine(settings(proxied)) as engine:
        for _ in range(ENOUGH_TO_PREPARE):
            async with engine.begin() as connection:
                assert (await connection.execute(limits)).one() == ("7s", "off")
                assert (await connection.execute(named)).scalar_one() == 0
