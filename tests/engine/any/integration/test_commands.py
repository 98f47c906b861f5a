"""The command line."""

import re
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from json import loads
from pathlib import Path
from time import time
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import typer
from hotpath.aio.concurrency import run as run_main
from hotpath.aio.db.database import Database, open_database
from hotpath.aio.tasks.states import claim_task, fail_task, finish_task, insert_tasks, read_state
from hotpath.cache.tables import EntryRow, TagRow
from hotpath.cli import make_app
from hotpath.observability.metrics import Metrics
from hotpath.tasks.rows import new_row
from hotpath.tasks.task import task
from hotpath.testing.servers import HOST
from hotpath.testing.workspace import Workspace
from sqlalchemy import insert, select
from typer.testing import Result

from package_name.cli import COMMANDS

from ..database import UNREACHABLE_URL, fresh_database
from ..shop import PREFIX, SERVICE, invoke

T = TypeVar("T")
Run = Callable[..., Result]


def command_lines(command: object, *before: str) -> Iterator[tuple[str, ...]]:
    """Yield every command, those of groups included, as its words."""
    yield before
    for name, part in getattr(command, "commands", {}).items():
        yield from command_lines(part, *before, name)


@pytest.fixture
def run(workspace: Workspace) -> Iterator[Run]:
    """Yield a function that runs a command in this process, on the tests' database."""
    with pytest.MonkeyPatch.context() as patch:
        workspace.enter(patch)
        yield invoke


@pytest.mark.parametrize(
    "words", [*command_lines(typer.main.get_command(make_app(SERVICE, COMMANDS)))], ids=" ".join
)
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    result = invoke(*words, "--help")

    assert result.exit_code == 0
    usage, description = filter(str.strip, result.stdout.splitlines()[:4])
    assert f" {' '.join([*words, '['])}" in usage
    assert description.strip().endswith(".")


@pytest.mark.parametrize(
    "words", [(), ("db",), ("tasks",), ("cache",), ("profile",), ("services",)]
)
def test_a_group_without_a_command_lists_its_commands(words: tuple[str, ...]) -> None:
    result = invoke(*words)

    assert result.exit_code == 2
    assert "Commands" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--port", "70000"),
        ("serve", "--port", "-1"),
        ("serve", "--workers", "0"),
        ("serve", "--fast"),
        ("tasks", "purge", "--older-than-days", "-1"),
        ("tasks", "purge", "--older-than-days", "inf"),
        ("tasks", "failed", "--most", "0"),
        ("serve", "--uds", "x.sock", "--port", "80"),
        ("tasks", "retry"),
        ("tasks", "retry", "--all", "0" * 32),
        ("cache", "invalidate"),
        ("cache", "invalidate", "--key"),
        ("cache", "invalidate", "--key", ""),
        ("cache", "invalidate", "--tag", "a", "--tag", ""),
        ("cache", "invalidate", "--pattern", ""),
        ("cache", "invalidate", "--key", "\udcff"),
        ("db", "revision"),
        ("db", "downgrade"),
        ("nonsense",),
    ],
)
def test_a_bad_option_is_refused_in_a_sentence(words: tuple[str, ...]) -> None:
    result = invoke(*words)

    assert result.exit_code == 2
    assert "Error" in result.stderr
    assert "Traceback" not in result.output


def test_wrong_settings_end_every_command_that_reads_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}SERVER__PORT", "http")

    forget = ("cache", "invalidate", "--key", "user:1")
    purges = (("tasks", "purge"), ("cache", "purge"))
    for words in (("serve",), ("db", "upgrade"), ("db", "check"), forget, *purges):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{PREFIX}SERVER__PORT: ")


@pytest.mark.parametrize("host", [HOST, "no-such-host.invalid"])
def test_serve_where_it_cannot_listen_fails_with_a_sentence(run: Run, host: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        result = run("serve", "--host", host, "--port", str(taken.getsockname()[1]))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{PREFIX}SERVER__PORT: cannot listen on {host}, port ")
    assert "Errno" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_purge_deletes_the_tasks_that_are_old_enough(run: Run, workspace: Workspace) -> None:
    task_id = in_database(workspace, ended_task)

    kept = run("tasks", "purge")
    assert (kept.exit_code, kept.stdout.splitlines()[-1]) == (0, "Deleted 0 tasks.")
    assert in_database(workspace, lambda db: read_state(db, task_id)) is not None

    gone = run("tasks", "purge", "--older-than-days", "0")
    assert (gone.exit_code, gone.stderr) == (0, "")
    assert in_database(workspace, lambda db: read_state(db, task_id)) is None


@pytest.fixture
def quiet(empty_database: Workspace) -> Iterator[Workspace]:
    """Yield a workspace with a database where nobody runs tasks, for `invoke`."""
    with pytest.MonkeyPatch.context() as patch:
        empty_database.enter(patch)
        assert invoke("db", "upgrade").exit_code == 0
        yield empty_database


def test_failed_tasks_are_listed_and_run_again(quiet: Workspace) -> None:
    assert invoke("tasks", "failed").stdout == "No task has failed.\n"
    task_id = in_database(quiet, failed_task)

    listed = invoke("tasks", "failed").stdout
    assert f"{task_id}  " in listed
    assert "  send_welcome  ValueError: no luck" in listed

    again = invoke("tasks", "retry", task_id)
    assert (again.exit_code, again.stdout) == (0, "1 task to run again.\n")
    state = in_database(quiet, lambda db: read_state(db, task_id))
    assert state is not None
    assert (state.state, state.error) == ("queued", None)
    assert task_id not in invoke("tasks", "failed").stdout

    twice = invoke("tasks", "retry", task_id)
    assert (twice.exit_code, twice.stdout) == (1, "0 tasks to run again.\n")
    assert twice.stderr == f"{task_id}: no task with this id has failed.\n"


def test_all_that_failed_runs_again(quiet: Workspace) -> None:
    ids = [in_database(quiet, failed_task) for _ in range(2)]

    again = invoke("tasks", "retry", "--all")
    assert again.exit_code == 0
    assert again.stdout == "2 tasks to run again.\n"
    assert invoke("tasks", "failed").stdout == "No task has failed.\n"
    states = [in_database(quiet, lambda db, each=each: read_state(db, each)) for each in ids]
    assert {state.state for state in states if state is not None} == {"queued"}


def test_failed_tasks_are_chosen_by_name(quiet: Workspace) -> None:
    task_id = in_database(quiet, failed_task)

    assert invoke("tasks", "failed", "--name", "other").stdout == "No task other has failed.\n"
    assert task_id in invoke("tasks", "failed", "--name", "send_welcome").stdout
    none = invoke("tasks", "retry", "--name", "other")
    assert (none.exit_code, none.stdout) == (1, "0 tasks to run again.\n")
    again = invoke("tasks", "retry", "--name", "send_welcome")
    assert (again.exit_code, again.stdout) == (0, "1 task to run again.\n")


def test_the_status_of_tasks_is_shown(quiet: Workspace) -> None:
    in_database(quiet, waiting_task)

    shown = invoke("tasks", "status")

    assert (shown.exit_code, shown.stderr) == (0, "")
    names = [line.partition(": ")[0] for line in shown.stdout.splitlines()]
    assert names == ["queue", "workers", "waiting", "oldest", "  send_welcome"]
    queue = "ok" if SERVICE.has_workers else "in each process of the service"
    assert shown.stdout.startswith(f"queue: {queue}\n")
    workers = r"\d+" if SERVICE.has_workers else "each process of the service"
    assert re.search(f"\nworkers: {workers}\n", shown.stdout)
    assert "\nwaiting: 1\n" in shown.stdout
    assert re.search(r"\n  send_welcome: 1, oldest \d+ s, queue default\n$", shown.stdout)


def test_the_status_of_tasks_is_there_for_programs(quiet: Workspace) -> None:
    for name in (None, "long_gone"):
        in_database(quiet, lambda db, name=name: waiting_task(db, name))

    shown = loads(invoke("tasks", "status", "--json").stdout)

    assert {*shown} == {"queue", "workers", "waiting", "oldest_s", "tasks"}
    assert shown["queue"] == ("ok" if SERVICE.has_workers else None)
    assert shown["waiting"] == 2
    waiting = [(each["name"], each["queue"], each["waiting"]) for each in shown["tasks"]]
    assert waiting == [("long_gone", None, 1), ("send_welcome", "default", 1)]


def test_purge_drops_what_has_ended_of_the_kept_answers(run: Run, workspace: Workspace) -> None:
    now = time()
    row = {"version": "1", "data": b"", "token": b"", "leased_until": 0.0}
    ends_at = {f"{number}:{uuid4().hex}": now + number for number in (-2, -1, 60)}
    in_database(workspace, lambda db: add_rows(db, row, ends_at))

    purged = run("cache", "purge")

    assert (purged.exit_code, purged.stderr) == (0, "")
    assert int(purged.stdout.splitlines()[-1].split()[1]) >= 4  # answers and tags
    left = in_database(workspace, keys_and_tags)
    assert [left.count(name) for name in ends_at] == [0, 0, 2]


def test_kept_answers_out_of_reach_are_a_sentence(workspace: Workspace) -> None:
    place = workspace.with_settings(DB__URL=UNREACHABLE_URL, CACHE__USE_TABLE=True)
    for words, sentence in (
        (("purge",), "the database does not answer ("),
        (("invalidate", "--key", "user:1"), "The cache cannot be reached: "),
    ):
        # In a process of its own: what aiosqlite leaves behind would trouble the next tests.
        result = place.run("cache", *words)
        assert result.returncode == 1
        # aiosqlite's thread may outlive its loop, and say so after it.
        said, _, _ = result.stderr.partition("Exception in thread")
        assert said.splitlines()[-1].startswith(sentence)


def test_a_database_that_is_away_is_one_sentence(workspace: Workspace) -> None:
    result = workspace.with_settings(DB__URL=UNREACHABLE_URL).run("tasks", "status", "--json")

    said, _, _ = result.stderr.partition("Exception in thread")  # as above
    assert (result.returncode, result.stdout, len(said.splitlines())) == (1, "", 1)
    assert said.startswith("the database does not answer (")


@pytest.mark.parametrize(
    "words",
    [
        ("cache", "purge"),
        ("cache", "invalidate", "--key", "user:1"),
        ("tasks", "purge"),
        ("tasks", "status"),
        ("tasks", "failed"),
        ("tasks", "retry", "--all"),
    ],
    ids=" ".join,
)
def test_a_database_without_its_tables_is_a_sentence(
    words: tuple[str, ...], workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    url = fresh_database(services, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        workspace.with_settings(DB__URL=url, CACHE__USE_TABLE=True).enter(patch)
        result = invoke(*words)

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "The database lacks tables: run `db upgrade`."
    assert "Traceback" not in result.output


@task(name="send_welcome")
async def welcome(_: object, user_id: int) -> None:
    """Stand for a task of the service; nobody runs it."""


async def waiting_task(db: Database, name: str | None = None) -> str:
    """Add a task that waits; with a name, one that no feature has."""
    row = new_row(welcome, 1, sent_in_s=0, is_sent=False)
    row["name"] = name or row["name"]
    async with db.writing() as session:
        await insert_tasks(session, db.sql, [row])
    return str(row["id"])


async def ended_task(db: Database) -> str:
    """Add a task that has succeeded."""
    claimed = await claim_task(db, await waiting_task(db), "test", lease_s=60)
    assert claimed is not None
    assert await finish_task(db, claimed, "test", None)
    return claimed.task_id


async def failed_task(db: Database) -> str:
    """Add a task that has failed."""
    claimed = await claim_task(db, await waiting_task(db), "test", lease_s=60)
    assert claimed is not None
    assert await fail_task(db, claimed, "test", ValueError("no luck"))
    return claimed.task_id


async def add_rows(db: Database, row: Mapping[str, object], ends_at: Mapping[str, float]) -> None:
    """Add kept answers, and tags of the same names."""
    entries = [{"key": name, "ends_at": end, **row} for name, end in ends_at.items()]
    tags = [{"tag": name, "ends_at": end, "stamp": b""} for name, end in ends_at.items()]
    async with db.writing() as session:
        await session.execute(insert(EntryRow), entries)
        await session.execute(insert(TagRow), tags)


async def keys_and_tags(db: Database) -> list[str]:
    """Return all names there are."""
    async with db.reading() as session:
        keys = (await session.scalars(select(EntryRow.key))).all()
        return [*keys, *(await session.scalars(select(TagRow.tag))).all()]


def in_database(workspace: Workspace, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Do some work in the tests' database, between commands that have event loops of their own."""

    async def main() -> T:
        async with open_database(workspace.settings().db, Metrics("shop")) as db:
            return await work(db)

    return run_main(main())
