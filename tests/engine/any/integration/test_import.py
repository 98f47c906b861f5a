"""`users import`: all lines or none are right, and the users of a file are there once."""

import gc
import json
import os
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hotpath.aio.repository import FileChanged, LinesRefused
from hotpath.aio.repository.imports import LINES_EACH
from hotpath.testing.queries import count_queries
from hotpath.testing.workspace import Workspace
from sqlalchemy import select
from typer.testing import Result

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.service import user_import, users

from ..database import UNREACHABLE_URL
from ..shop import invoke
from ..users import unique_email

Run = Callable[..., Result]
WRONG = b"7\n"
NULL = Path(os.devnull)


@pytest.fixture
def run(workspace: Workspace) -> Iterator[Run]:
    """Yield a function that imports a file into the tests' database, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        workspace.enter(patch)
        yield lambda file: invoke("users", "import", str(file))


def lines(users: Sequence[dict[str, Any]]) -> bytes:
    """Return users as a file has them."""
    return b"".join(json.dumps(user).encode() + b"\n" for user in users)


def some_users(count: int) -> list[dict[str, Any]]:
    """Return users that nobody has added."""
    return [{"email": unique_email(), "name": f"User {number}"} for number in range(count)]


async def imported(resources: Resources, content: bytes) -> int:
    """Import a file of this content, inside this process."""
    return await user_import.run(resources, BytesIO(content), int, int)


async def user_by_email(resources: Resources, *emails: str) -> dict[str, User]:
    """Return the users who have one of the addresses."""
    async with resources.db.reading() as session:
        found = await session.scalars(select(User).where(User.email.in_(emails)))
        return {user.email: user for user in found}


async def test_a_chunk_is_one_statement_and_the_later_line_wins(resources: Resources) -> None:
    new = some_users(2 * LINES_EACH + 1)
    l1, far, last = new[0]["email"], new[1]["email"], new[-1]["email"]
    new[2] = {"email": l1.upper(), "name": "First", "status": "banned"}
    new[-2] = {"email": far, "name": "Second", "status": "inactive"}
    positions: list[tuple[str, int]] = []
    content = lines(new)

    with count_queries() as statements:
        count = await user_import.run(
            resources,
            BytesIO(content),
            lambda position: positions.append(("checked", position)),
            lambda position: positions.append(("written", position)),
        )

    found = await user_by_email(resources, l1, far, last)
    seen = {email: (user.name, user.status) for email, user in found.items()}
    assert (count, len(statements)) == (len(new), 3)
    assert seen[l1] == ("First", "banned")
    assert seen[far] == ("Second", "inactive")
    assert seen[last] == (new[-1]["name"], "active")
    assert [step for step, _ in positions] == ["checked"] * 3 + ["written"] * 3
    assert positions[2][1] == positions[5][1] == len(content)


async def test_those_who_are_there_are_changed_and_their_answers_forgotten(
    resources: Resources,
) -> None:
    [user] = some_users(1)
    email = user["email"]
    await imported(resources, lines([user]))
    before = (await user_by_email(resources, email))[email]
    kept = await users.get(resources, before.id)

    await imported(resources, lines([{**user, "name": "Changed", "status": "banned"}]))

    after = (await user_by_email(resources, email))[email]
    answer = json.loads(await users.get(resources, before.id))
    assert (after.id, after.created_at) == (before.id, before.created_at)
    assert answer == {**json.loads(kept), "name": "Changed", "status": "banned"}


async def test_nothing_is_written_when_a_line_is_wrong(resources: Resources) -> None:
    new = some_users(LINES_EACH + 1)

    with pytest.raises(LinesRefused) as refused, count_queries() as statements:
        await imported(resources, lines(new) + b"\n" + WRONG)

    assert statements == []
    assert str(refused.value) == (
        f"line {LINES_EACH + 3}: not a JSON object\nwrong lines: 1; nothing was written"
    )


async def test_a_file_that_is_changed_meanwhile_is_refused(resources: Resources) -> None:
    new = some_users(LINES_EACH + 1)
    emails = (new[0]["email"], new[-1]["email"])
    file = BytesIO(lines(new))

    def change(_: int) -> None:
        file.seek(-2, os.SEEK_END)
        file.write(b"x\n")

    with pytest.raises(FileChanged, match=f"written: line {LINES_EACH + 1}: not a JSON object"):
        await user_import.run(resources, file, change, int)

    assert set(await user_by_email(resources, *emails)) == {emails[0]}


async def test_an_import_that_was_interrupted_can_be_repeated(resources: Resources) -> None:
    new = some_users(LINES_EACH + 1)
    emails = (new[0]["email"], new[-1]["email"])

    def interrupt(_: int) -> None:
        raise InterruptedError

    file = BytesIO(lines(new))
    with pytest.raises(InterruptedError):
        await user_import.run(resources, file, int, interrupt)
    before = await user_by_email(resources, *emails)
    await imported(resources, lines(new))

    after = await user_by_email(resources, *emails)
    assert set(before) == {emails[0]}
    assert set(after) == set(emails)
    assert after[emails[0]].id == before[emails[0]].id


async def test_memory_does_not_grow_with_the_file(resources: Resources) -> None:
    def collect(_: int) -> None:
        gc.collect()  # what nobody refers to any more does not count

    async def peak_bytes(chunks: int) -> int:
        file = BytesIO(lines(some_users(chunks * LINES_EACH)))
        tracemalloc.start()
        try:
            await user_import.run(resources, file, int, collect)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    await peak_bytes(1)  # what is kept for good, such as statements

    assert await peak_bytes(6) < 2 * await peak_bytes(1)


def test_progress_and_the_number_of_lines_are_shown(run: Run, tmp_path: Path) -> None:
    [user] = some_users(1)
    file = tmp_path / "users.ndjson"
    file.write_bytes(
        b"\n" + lines([user, user]).replace(b"\n", b"\r\n") + b" \n" + lines([user])[:-1]
    )

    result = run(file)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("100%") == 2
    assert result.stdout.endswith("Imported 3 users.\n")


def test_an_empty_file_has_no_users(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.touch()

    result = run(file)

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Imported 0 users.")


def test_wrong_lines_are_named_and_counted(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_bytes(WRONG * 25)

    result = run(file)

    listed = [f"line {number}: not a JSON object" for number in range(1, 21)]
    total = "wrong lines: 25, the first 20 of them listed; nothing was written"
    assert (result.exit_code, result.stderr.splitlines()) == (1, [*listed, total])


def test_what_is_no_file_is_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    reasons = {tmp_path / "x": "does not exist", tmp_path: "is a directory", NULL: "be read twice"}
    for file, reason in reasons.items():
        result = run(file)
        words = " ".join(result.stderr.replace("│", " ").split())
        assert result.exit_code == 2
        assert "Invalid value for" in words
        assert reason in words


def test_a_lost_database_is_told_in_a_sentence(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "users.ndjson"
    file.write_bytes(lines(some_users(1)))

    # In a process of its own: what aiosqlite leaves behind would trouble the next tests.
    result = workspace.with_settings(DB__URL=UNREACHABLE_URL).run("users", "import", str(file))

    assert result.returncode == 1
    assert "the database does not answer (" in result.stderr
