"""`copier update`: what users changed stays, and a switched stack equals a fresh one."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from installs import importable, install, keep, run
from releases import Template, answers_of, commit_all, git, insert, update
from renders import files_of
from stacks import AXES, Stack, corner, values_by_question

pytestmark = pytest.mark.updates

DEFAULT_CORNER = corner(
    example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"
)
OPPOSITE_CORNER = corner(
    example=True, interface="wsgi", database="postgres", cache="redis", tasks="celery"
)
SWITCHES = [
    (start, axis, value)
    for start in (DEFAULT_CORNER, OPPOSITE_CORNER)
    for axis in AXES
    for value in values_by_question()[axis]
    if value != start.answers[axis]
]
TESTED_SWITCHES = [
    (DEFAULT_CORNER, "interface"),
    (DEFAULT_CORNER, "cache"),
    (OPPOSITE_CORNER, "database"),
    (DEFAULT_CORNER, "tasks"),
]
TESTS_WITHIN_S = 600

PAGE = "docs/architecture.md"
CODE = "src/shop/resources.py"
OF_EXAMPLE = "src/shop/users/service.py"
MIGRATION = "src/shop/migrations/0001_users_and_posts.py"
MIGRATIONS = "template/{{ example }}/src/{{ package_name }}/migrations"
IN_TEMPLATE = {
    PAGE: "template/docs/architecture.md.jinja",
    CODE: "template/src/{{ package_name }}/resources.py.jinja",
    MIGRATION: f"{MIGRATIONS}/0001_users_and_posts.py",
}


@pytest.fixture
def template(template_source: Path, tmp_path: Path) -> Template:
    """Return the template of the working tree, tagged 1.0.0."""
    folder = tmp_path / "template"
    shutil.copytree(template_source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Template(folder)


@pytest.fixture
def project(template: Template, tmp_path: Path) -> Path:
    """Return a project in git, with the default answers."""
    return template.copy(tmp_path / "project", {})


def test_an_update_with_nothing_new_changes_nothing(project: Path) -> None:
    assert not update(project)


def test_an_update_with_nothing_new_leaves_what_a_user_changed(project: Path) -> None:
    insert(project / CODE, "from collections.abc", "# mine")
    (project / "NOTES.md").write_text("mine\n")
    (project / "CHANGELOG.md").unlink()
    commit_all(project, "mine")

    assert not update(project)


def test_a_new_version_changes_files_around_what_a_user_changed(
    template: Template, project: Path, tmp_path: Path
) -> None:
    insert(project / PAGE, "# Where", "Mine, at the top.")
    insert(project / PAGE, "## Data", "Mine, further down.")
    insert(project / CODE, "from collections.abc", "# mine, at the top")
    insert(project / CODE, '    """Open everything', "    # mine, further down")
    (project / "NOTES.md").write_text("mine\n")
    (project / "CHANGELOG.md").unlink()
    commit_all(project, "mine")
    expected = shutil.copytree(project, tmp_path / "expected")
    theirs = [
        (PAGE, "## Where your code goes", "Theirs."),
        (CODE, "class Resources", "    # theirs"),
    ]
    for path, after, line in theirs:
        insert(expected / path, after, line)
        template.insert(IN_TEMPLATE[path], after, line)
    template.insert("template/CHANGELOG.md", "#", "Theirs.")
    template.release("1.1.0")

    status = update(project)

    assert {" M .copier-answers.yml", f" M {PAGE}", f" M {CODE}"} == set(status.splitlines())
    assert answers_of(project)["_commit"] == "1.1.0"
    assert tracked(expected, ".copier-answers.yml") == tracked(project, ".copier-answers.yml")


def test_one_line_changed_by_both_is_a_conflict_that_shows(
    template: Template, project: Path
) -> None:
    insert(project / PAGE, "# ", "Mine.")
    commit_all(project, "mine")
    template.insert(IN_TEMPLATE[PAGE], "# ", "Theirs.")
    template.release("1.1.0")

    status = update(project)

    assert f"UU {PAGE}" in status.splitlines()
    text = (project / PAGE).read_text("utf-8")
    assert "<<<<<<< before updating\nMine.\n" in text
    assert "Theirs.\n>>>>>>> after updating\n" in text


def test_edits_of_files_that_move_or_go_are_kept_and_listed(
    template: Template, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By a new version and by a switch of the stack at once; `test_update_edits` has the rest."""
    insert(project / PAGE, "# ", "Mine.")
    insert(project / CODE, "from collections.abc", "# mine")
    insert(project / OF_EXAMPLE, "from", "# mine")
    commit_all(project, "mine")
    target = "template/docs/design.md.jinja"
    git(template.folder, "mv", IN_TEMPLATE[PAGE], target)
    template.release("1.1.0")

    status = update(project, example=False).splitlines()

    listed = capfd.readouterr().err.splitlines()
    assert f"    {PAGE}.rej (moved, probably to docs/design.md)" in listed
    assert f"    {OF_EXAMPLE}.rej (removed)" in listed
    assert {f"?? {PAGE}.rej", "?? docs/design.md"} <= set(status)
    assert [line for line in listed if ".rej (" in line] == sorted(
        line for line in listed if ".rej (" in line
    )
    assert "\n+# mine\n" in (project / f"{OF_EXAMPLE}.rej").read_text("utf-8")
    assert "# mine\n" in (project / CODE).read_text("utf-8")
    assert len([line for line in listed if ".rej (" in line]) == 2


def test_a_migration_that_a_user_deleted_stays_away(template: Template, project: Path) -> None:
    git(project, "rm", "--quiet", MIGRATION)
    commit_all(project, "one migration of our own")
    template.insert(IN_TEMPLATE[MIGRATION], "import", "# theirs")
    template.release("1.1.0")

    assert update(project) == " M .copier-answers.yml\n"


def test_a_migration_that_a_user_changed_is_not_overwritten(
    template: Template, project: Path
) -> None:
    insert(project / MIGRATION, "def upgrade", "    # mine")
    commit_all(project, "mine")
    template.insert(IN_TEMPLATE[MIGRATION], "def downgrade", "    # theirs")
    template.release("1.1.0")

    update(project)

    assert "    # mine" in (project / MIGRATION).read_text("utf-8")


def test_answers_are_kept_and_a_new_question_gets_its_default(
    template: Template, tmp_path: Path
) -> None:
    answers = {"project_name": "Café", "license": "proprietary", "ci": "gitlab", "example": False}
    project = template.copy(tmp_path / "cafe", answers)
    before = answers_of(project)
    template.insert("copier.yml", "# ---- stack", "colourful: {type: bool, default: true}")
    template.release("1.1.0")

    update(project)

    assert before | {"_commit": "1.1.0", "colourful": True} == answers_of(project)


def test_the_task_after_a_copy_does_not_run_on_update(template: Template, project: Path) -> None:
    template.insert(IN_TEMPLATE[PAGE], "# ", "Theirs.")
    template.release("1.1.0")

    update(project)

    assert not (project / "uv.lock").exists()


@pytest.mark.parametrize(
    ("start", "axis", "value"),
    SWITCHES,
    ids=lambda part: part if isinstance(part, str) else part.id,
)
def test_a_switched_axis_equals_a_fresh_project(
    template: Template, tmp_path: Path, start: Stack, axis: str, value: str
) -> None:
    project = template.copy(tmp_path / "project", start.answers)
    fresh = template.copy(tmp_path / "fresh", start.answers | {axis: value})

    status = update(project, **{axis: value})

    assert status
    assert "U" not in {line[0] for line in status.splitlines()}
    assert tracked(fresh) == tracked(project)
    if (start, axis) in TESTED_SWITCHES:
        kept = keep(project, f"switched-{start.id}-{value}")
        install(kept)
        run(kept, "uv", "run", "--locked", "pytest", timeout_s=TESTS_WITHIN_S)


def test_a_database_outlives_the_example(template: Template, tmp_path: Path) -> None:
    """The example's migration stays when the example goes: databases have run it."""
    project = template.copy(tmp_path / "project", DEFAULT_CORNER.answers)
    fresh = template.copy(tmp_path / "fresh", DEFAULT_CORNER.answers | {"example": False})
    run_at_home(project, "db", "upgrade")
    before = tables_of(project)

    status = update(project, example=False)

    assert "U" not in {line[0] for line in status.splitlines()}
    expected = {**tracked(fresh), MIGRATION: (project / MIGRATION).read_bytes()}
    assert expected == tracked(project, "app.db")
    assert "users" in before
    run_at_home(project, "db", "upgrade")
    assert tables_of(project) == before
    run_at_home(project, "db", "revision", "--message", "no example")
    run_at_home(project, "db", "upgrade")
    run_at_home(project, "db", "check")
    assert before - tables_of(project) == {"posts", "users"}


def test_a_database_without_the_example_gets_its_tables(template: Template, tmp_path: Path) -> None:
    """No update brings migrations; `db revision` writes them."""
    project = template.copy(tmp_path / "project", DEFAULT_CORNER.answers | {"example": False})
    run_at_home(project, "db", "upgrade")
    assert not (project / MIGRATION).parent.exists()  # a wheel may be where nobody may write

    update(project, example=True)

    assert not (project / MIGRATION).exists()
    run_at_home(project, "db", "revision", "--message", "users and posts")
    run_at_home(project, "db", "upgrade")
    run_at_home(project, "db", "check")
    assert tables_of(project) >= {"posts", "users"}


def run_at_home(project: Path, *command: str) -> None:
    """Run a command of the service in the project's folder, with its own database."""
    metadata = project.parent / "metadata"
    metadata.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "shop", *command],
        cwd=project,
        env=importable(project, "shop", metadata),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr


def tables_of(project: Path) -> set[str]:
    with closing(sqlite3.connect(project / "app.db")) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}


def tracked(project: Path, *but: str) -> dict[str, bytes]:
    """Return the files of a project, but not those of git."""
    return {
        path: content
        for path, content in files_of(project).items()
        if not path.startswith(".git/") and path not in but
    }
