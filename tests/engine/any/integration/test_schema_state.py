"""A service whose database lacks revisions says so, at its start and by `/readyz`."""

from pathlib import Path

import pytest
from hotpath.aio.db.sessions import with_connection
from hotpath.db import migrations
from hotpath.db.revisions import Revisions
from hotpath.testing.in_process import InProcessClient
from hotpath.testing.queries import count_queries
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import text

from ..copies import copy_of_service
from ..log_lines import json_lines
from ..shop import KINDS, SERVICE

COMMAND = f"{SERVICE.distribution} db upgrade"
WITHIN_S = 10.0


def readiness(server: Server) -> tuple[int, str, str, str, str | None]:
    """Return the status of `/readyz`, and what its body says of the database."""
    answer = server.http.get("/readyz")
    body = answer.json()
    assert list(body) == ["status", "database", "schema", "cache", "queue", "tasks", "remedy"]
    named = (body["status"], body["database"], body["schema"], body["remedy"])
    return (answer.status_code, *named)


BEHIND = (503, "unavailable", "ok", "behind", COMMAND)
READY = (200, "ready", "ok", "ok", None)


def execute(place: Workspace, statement: str) -> None:
    """Run a statement in the database of a workspace."""
    with_connection(place.settings().db, lambda connection: connection.execute(text(statement)))


@pytest.mark.parametrize("kind", KINDS)
def test_it_becomes_ready_when_the_command_has_run(empty_database: Workspace, kind: str) -> None:
    place = empty_database.with_settings(SERVER__KIND=kind, ENVIRONMENT="production")

    with serving(place) as server:
        assert readiness(server) == BEHIND
        (warning,) = [each for each in json_lines(server.program.log) if "schema" in each["event"]]
        assert (warning["event"], warning["remedy"]) == ("schema behind", COMMAND)
        assert server.http.get("/healthz").status_code == 200

        assert place.run("db", "upgrade").returncode == 0
        assert wait_until(lambda: readiness(server) == READY, WITHIN_S)


def test_older_code_is_ready_on_a_newer_schema(empty_database: Workspace) -> None:
    assert empty_database.run("db", "upgrade").returncode == 0
    newest = next(each for each in Revisions.of(SERVICE).heads if each.startswith("0"))
    move = "UPDATE alembic_version SET version_num = '{}' WHERE version_num = '{}'"

    with serving(empty_database.with_settings(ENVIRONMENT="production")) as server:
        execute(empty_database, move.format("of_newer_code", newest))
        assert readiness(server) == READY
        execute(empty_database, "DELETE FROM alembic_version WHERE version_num = 'of_newer_code'")
        assert readiness(server) == BEHIND
        events = [each["event"] for each in json_lines(server.program.log)]
    assert "schema behind" not in events


def test_it_takes_one_statement_beside_that_of_tasks(in_process: InProcessClient) -> None:
    with count_queries() as statements:  # of all threads: one of its own may ask
        assert in_process.get("/readyz").status_code == 200

    assert [" tasks" in each for each in statements] == [False, True]


def test_other_requests_ask_nothing_of_it(in_process: InProcessClient) -> None:
    in_process.get("/users/1")

    assert not any("alembic" in each for each in in_process.statements)


def test_what_the_files_say_is_what_alembic_reads() -> None:
    assert Revisions.of(SERVICE).heads == set(migrations.heads(SERVICE))


def test_a_revision_that_is_computed_leaves_it_unknown(
    workspace: Workspace, tmp_path: Path
) -> None:
    place, package = copy_of_service(workspace, tmp_path)
    (package / "migrations" / "computed.py").write_text('revision = "comp" + "uted"\n')

    with serving(place) as server:
        assert readiness(server) == (200, "ready", "ok", "unknown", None)


GRAPH = Revisions(
    {
        "engine_1": frozenset(),
        "engine_2": frozenset({"engine_1"}),
        "first": frozenset({"engine_1"}),
        "left": frozenset({"first"}),
        "right": frozenset({"first"}),
        "merge": frozenset({"left", "right"}),
    }
)
APPLIED = (
    ((), True),
    (("engine_1",), True),
    (("engine_2",), True),
    (("engine_2", "first"), True),
    (("engine_2", "left", "right"), True),
    (("engine_1", "merge"), True),
    (("merge",), True),
    (("engine_2", "merge"), False),
    (("engine_3", "merge"), False),
    (("engine_2", "newer"), False),
    (("engine_2", "merge of left and right"), False),
    (("engine_3", "newer"), False),
    (("newer",), False),  # it may build on all
    (("engine_2", "left", "newer"), True),
)


@pytest.mark.parametrize(("applied", "expected"), APPLIED, ids=str)
def test_a_branch_without_its_newest_revision_is_behind(
    applied: tuple[str, ...], expected: bool
) -> None:
    assert GRAPH.are_missing_in(applied) is expected
