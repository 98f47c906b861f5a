"""`copier update` loses no edit silently, whatever the template, the user and git do.

The templates are small; what keeps the edits is that of the real one, with its `_migrations`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from releases import IDENTITY, Template, commit_all, git
from renders import files_of

pytestmark = pytest.mark.updates

LISTED = "Edits of yours found no place in the new version"
MOVED, SHARED, CLASH = "moved.txt", "shared.txt", "clash.txt"
LINES = [f"line {number}" for number in range(1, 31)]
EARLY, LATE = 3, 25
"""Lines so far apart that git merges changes of both."""


class Project:
    """A project, and `copier update` in it as a user runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def update(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "copier", "update", "--trust", "--defaults", "--quiet"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def configure(self, **settings: str) -> None:
        """Set options of git for this user; `diff__external` is `diff.external`."""
        file = self.folder.parent / "gitconfig"
        self.environment["GIT_CONFIG_GLOBAL"] = str(file)
        for name, value in settings.items():
            git(self.folder, "config", "--file", str(file), name.replace("__", "."), value)

    def text(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")

    def status(self) -> set[str]:
        return set(git(self.folder, "status", "--porcelain", ".").splitlines())


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """Return a template of three files, tagged 1.0.0, with the hooks of the real one."""
    folder = tmp_path / "template"
    (folder / "template").mkdir(parents=True)
    (folder / "extensions").mkdir()
    real = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    settings = {name: real[name] for name in ("_subdirectory", "_migrations")}
    questions = {"package_name": {"type": "str", "default": "shop"}}
    (folder / "copier.yml").write_text(yaml.safe_dump({**settings, **questions}))
    answers = "{{ _copier_answers | to_nice_yaml }}"
    (folder / "template" / "{{ _copier_conf.answers_file }}.jinja").write_text(answers)
    for name in (MOVED, SHARED, CLASH):
        write(folder / "template" / name, LINES)
    script = (ROOT / "extensions" / "keep_edits.py").read_bytes()
    (folder / "extensions" / "keep_edits.py").write_bytes(script)
    return Template(folder)


@pytest.fixture
def project(template: Template, tmp_path: Path) -> Project:
    return Project(template.copy(tmp_path / "project", {}))


def write(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())


def change(file: Path, number: int, text: str) -> None:
    """Change one line and leave how lines end."""
    content = file.read_bytes()
    assert f"line {number}".encode() in content.splitlines()
    file.write_bytes(content.replace(f"line {number}".encode(), text.encode(), 1))


def rename(template: Path) -> None:
    (template / MOVED).rename(template / "renamed.txt")


def move(template: Path) -> None:
    (template / "{{ package_name }}").mkdir()
    (template / MOVED).rename(template / "{{ package_name }}" / f"{MOVED}.jinja")


def split(template: Path) -> None:
    write(template / MOVED, LINES[10:])
    write(template / "begin.txt", LINES[:10])


def delete(template: Path) -> None:
    (template / MOVED).unlink()


WHERE: dict[Callable[[Path], None], str | None] = {
    rename: "renamed.txt",
    move: f"shop/{MOVED}",
    split: "begin.txt",
    delete: None,
}


@pytest.mark.parametrize("change_template", WHERE, ids=lambda change: change.__name__)
@pytest.mark.parametrize("edit", ["edited", "untouched", "deleted"])
def test_what_the_template_moves_or_removes(
    template: Template, project: Project, change_template: Callable[[Path], None], edit: str
) -> None:
    if edit == "edited":
        change(project.folder / MOVED, EARLY, "mine")
    elif edit == "deleted":
        (project.folder / MOVED).unlink()
    commit_with(project, edit)
    change_template(template.folder / "template")
    template.release("2.0.0")

    done = project.update()

    assert done.returncode == 0, done.stderr
    where = WHERE[change_template]
    assert where is None or (project.folder / where).is_file()
    if edit != "edited":
        assert LISTED not in done.stderr
        assert (project.folder / MOVED).exists() == (change_template is split and edit != "deleted")
        assert not list(project.folder.rglob("*.rej"))
    elif change_template is split:
        assert f"UU {MOVED}" in project.status()
        assert "\nmine\n" in project.text(MOVED)
    else:
        reason = f"moved, probably to {where}" if where else "removed"
        assert f"    {MOVED}.rej ({reason})\n" in done.stderr
        assert not (project.folder / MOVED).exists()
        assert "\n+mine\n" in project.text(f"{MOVED}.rej")
        assert f"?? {MOVED}.rej" in project.status()
    assert not (project.folder / ".git" / "before-update").exists()


def test_a_kept_edit_can_be_applied(template: Template, project: Project) -> None:
    """Also one of a binary file."""
    expected = edit_in_both(template, project)
    (template.folder / "template" / "logo.bin").write_bytes(bytes(range(256)))
    template.release("2.1.0")
    project.update()
    (project.folder / "logo.bin").write_bytes(bytes(reversed(range(256))))
    commit_with(project, "a logo of our own")
    (template.folder / "template" / "logo.bin").unlink()
    template.release("3.0.0")
    done = project.update()
    assert "logo.bin.rej (removed)" in done.stderr

    (project.folder / "renamed.txt").rename(project.folder / MOVED)
    (project.folder / "logo.bin").write_bytes(bytes(range(256)))
    git(project.folder, "apply", f"{MOVED}.rej")
    git(project.folder, "apply", "logo.bin.rej")

    assert expected == (project.folder / MOVED).read_bytes()
    assert bytes(reversed(range(256))) == (project.folder / "logo.bin").read_bytes()


def edit_in_both(template: Template, project: Project) -> bytes:
    """Edit each file as the user, rename or change each in the template; return the moved one."""
    for name in (MOVED, SHARED, CLASH):
        change(project.folder / name, EARLY, "mine")
    commit_with(project, "mine")
    rename(template.folder / "template")
    change(template.folder / "template" / SHARED, LATE, "theirs")
    change(template.folder / "template" / CLASH, EARLY, "theirs")
    template.release("2.0.0")
    return (project.folder / MOVED).read_bytes()


def commit_with(project: Project, message: str) -> None:
    git(project.folder, "add", "--all")
    git(project.folder, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", message)


def assert_nothing_is_lost(project: Project, done: subprocess.CompletedProcess[str]) -> None:
    """Every edit is in its file, or in a patch that is listed."""
    assert done.returncode == 0, done.stderr
    assert f"    {MOVED}.rej (moved, probably to renamed.txt)\n" in done.stderr
    assert "\n+mine" in project.text(f"{MOVED}.rej")
    shared = project.text(SHARED).splitlines()
    assert (shared[EARLY - 1].strip(), shared[LATE - 1]) == ("mine", "theirs")
    if "<<<<<<< before updating" in (clash := project.text(CLASH).splitlines()):
        assert {"mine", "theirs"} <= set(clash)
    else:
        assert f"    {CLASH}.rej (conflicts)\n" in done.stderr
        assert "\n+mine" in project.text(f"{CLASH}.rej")


def as_it_is(project: Project) -> Project:
    return project


def detached(project: Project) -> Project:
    git(project.folder, "checkout", "--quiet", "--detach")
    return project


def shallow(project: Project) -> Project:
    target = project.folder.parent / "shallow"
    git(project.folder, "clone", "--quiet", "--depth=1", project.folder.as_uri(), str(target))
    assert git(target, "rev-list", "--count", "HEAD") == "1\n"
    return Project(target)


def worktree(project: Project) -> Project:
    target = project.folder.parent / "worktree"
    git(project.folder, "worktree", "add", "--quiet", "--detach", str(target))
    return Project(target)


def submodule(project: Project) -> Project:
    target = project.folder.parent / "superproject"
    target.mkdir()
    git(target, "init", "--quiet")
    allow = ("-c", "protocol.file.allow=always")
    git(target, *allow, "submodule", "--quiet", "add", str(project.folder), "shop")
    commit_all(target, "all")
    return Project(target / "shop")


def monorepo(project: Project) -> Project:
    """Move the project into a folder of a repository with other things, some not committed."""
    target = project.folder.parent / "monorepo"
    (target / "services").mkdir(parents=True)
    (target / "logo.bin").write_bytes(bytes(range(256)))
    (target / "other.txt").write_text("other\n")
    git(project.folder, "worktree", "prune")
    (project.folder / ".git").rename(project.folder.parent / "its-git")
    project.folder.rename(target / "services" / "shop")
    git(target, "init", "--quiet")
    commit_all(target, "all")
    (target / "other.txt").write_text("other, not committed\n")
    (target / "more.txt").write_text("more\n")
    return Project(target / "services" / "shop")


@pytest.mark.parametrize(
    "place",
    [as_it_is, detached, shallow, worktree, submodule, monorepo],
    ids=lambda place: place.__name__,
)
def test_where_the_project_is(
    template: Template, project: Project, place: Callable[[Project], Project]
) -> None:
    edit_in_both(template, project)
    placed = place(project)

    done = placed.update()

    assert_nothing_is_lost(placed, done)
    if place is monorepo:
        assert (placed.folder.parents[1] / "other.txt").read_text() == "other, not committed\n"
        assert (placed.folder.parents[1] / "logo.bin").read_bytes() == bytes(range(256))


@pytest.mark.parametrize(
    "settings",
    [
        {"diff__noprefix": "true"},
        {"diff__mnemonicPrefix": "true"},
        {"diff__external": "false"},
        {"diff__orderFile": os.devnull},
        {"diff__renames": "copies"},
        {"color__ui": "always", "color__status": "always"},
        {"core__quotePath": "false", "core__pager": "false"},
        {"core__autocrlf": "input"},
        {"core__autocrlf": "true"},
        {"apply__whitespace": "error"},
        {"apply__whitespace": "error-all", "core__whitespace": "tab-in-indent,trailing-space"},
        {"status__showUntrackedFiles": "no"},
        {"merge__conflictStyle": "diff3"},
        {"commit__gpgSign": "true", "gpg__program": "false"},
    ],
    ids=lambda settings: "-".join(f"{name}={value}" for name, value in settings.items()),
)
def test_how_git_is_configured(
    template: Template, project: Project, settings: dict[str, str]
) -> None:
    edit_in_both(template, project)
    project.configure(**settings)

    done = project.update()

    assert_nothing_is_lost(project, done)


def test_edits_that_git_calls_whitespace_errors(template: Template, project: Project) -> None:
    for name in (MOVED, SHARED, CLASH):
        change(project.folder / name, EARLY, "mine   ")
    commit_with(project, "spaces at the end")
    rename(template.folder / "template")
    change(template.folder / "template" / SHARED, LATE, "theirs")
    change(template.folder / "template" / CLASH, EARLY, "theirs")
    template.release("2.0.0")
    project.configure(apply__whitespace="error")

    done = project.update()

    assert_nothing_is_lost(project, done)


@pytest.mark.parametrize("committed", [True, False], ids=["in git too", "in the folder"])
def test_lines_that_end_as_in_windows(
    template: Template, project: Project, committed: bool
) -> None:
    edit_in_both(template, project)
    if not committed:
        git(project.folder, "config", "core.autocrlf", "true")
        git(project.folder, "rm", "--quiet", "-r", "--cached", ".")
        git(project.folder, "reset", "--quiet", "--hard")
        assert b"mine\r\n" in (project.folder / SHARED).read_bytes()
    else:
        for name in (MOVED, SHARED, CLASH):
            content = (project.folder / name).read_bytes().replace(b"\n", b"\r\n")
            (project.folder / name).write_bytes(content)
        commit_with(project, "as in Windows")

    done = project.update()

    patch = (project.folder / f"{MOVED}.rej").read_bytes()
    assert b"\r" not in patch
    assert patch.count(b"\n-line") == patch.count(b"\n+mine") == 1
    if not committed:
        assert_nothing_is_lost(project, done)
    else:  # every line is changed by the user
        assert "\n+mine" in project.text(f"{MOVED}.rej")
        assert {f"UU {SHARED}", f"UU {CLASH}"} <= project.status()
        assert "mine" in project.text(SHARED)


def test_lines_that_end_otherwise_are_no_edit(template: Template, project: Project) -> None:
    for name in (MOVED, SHARED, CLASH):
        write(project.folder / name, [f"{line}\r" for line in LINES])
    commit_with(project, "as in Windows")
    rename(template.folder / "template")
    template.release("2.0.0")

    done = project.update()

    assert done.returncode == 0
    assert LISTED not in done.stderr


@pytest.mark.parametrize("of_user", [True, False], ids=["of all repositories", "of this one"])
def test_hooks_that_fail(template: Template, project: Project, of_user: bool) -> None:
    """They stop Copier before it changes anything, or do nothing."""
    edit_in_both(template, project)
    hooks = project.folder.parent / "hooks" if of_user else project.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-checkout", "post-commit"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    if of_user:
        project.configure(core__hooksPath=str(hooks))
    before = files_of(project.folder)

    done = project.update()

    if of_user:
        assert_refused(project, done, before)
    else:
        assert_nothing_is_lost(project, done)


def assert_refused(
    project: Project, done: subprocess.CompletedProcess[str], before: dict[str, bytes]
) -> None:
    assert done.returncode != 0
    after = files_of(project.folder)
    assert [
        path for path, _ in before.items() ^ after.items() if not path.startswith(".git/")
    ] == []


def test_a_tree_that_is_not_committed_is_refused(template: Template, project: Project) -> None:
    edit_in_both(template, project)
    change(project.folder / SHARED, EARLY + 2, "mine, not committed")
    before = files_of(project.folder)

    done = project.update()

    assert "dirty" in done.stderr
    assert_refused(project, done, before)


@pytest.mark.parametrize(
    "settings",
    [
        {"core__autocrlf": "true", "core__safecrlf": "true"},
        {"diff__orderFile": "/missing"},
    ],
    ids=lambda settings: "-".join(f"{name}={value}" for name, value in settings.items()),
)
def test_git_that_fails_is_no_silence(
    template: Template, project: Project, settings: dict[str, str]
) -> None:
    """Copier may stop half-way: git has every edit, `.git/before-update` the whole files."""
    edit_in_both(template, project)
    project.configure(**settings)

    done = project.update()

    assert done.returncode != 0
    assert "mine" in git(project.folder, "show", f"HEAD:{SHARED}")
    if (saved := project.folder / ".git" / "before-update" / "mine").exists():
        assert "mine" in (saved / SHARED).read_text()


def test_a_program_for_diffs_in_the_environment(template: Template, project: Project) -> None:
    edit_in_both(template, project)
    project.environment["GIT_EXTERNAL_DIFF"] = "true"

    done = project.update()

    assert_nothing_is_lost(project, done)


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_edits_that_git_was_told_to_overlook(
    template: Template, project: Project, flag: str
) -> None:
    git(project.folder, "update-index", flag, MOVED, SHARED, CLASH)
    edit_in_both(template, project)
    assert "mine" not in git(project.folder, "grep", "--cached", "line 4", "--", SHARED)

    done = project.update()

    assert_nothing_is_lost(project, done)


def test_files_that_git_ignores(template: Template, project: Project) -> None:
    """Those of the user that the old version rendered, and one that only the new one renders."""
    git(project.folder, "rm", "--quiet", "--cached", MOVED, SHARED, CLASH)
    (project.folder / ".gitignore").write_text(f"{MOVED}\n{SHARED}\n{CLASH}\nnew.txt\n")
    (project.folder / "new.txt").write_text("mine\n")
    edit_in_both(template, project)
    move_target = template.folder / "template" / "new.txt.jinja"
    move_target.write_text("theirs\n")
    commit_all(template.folder, "new")
    git(template.folder, "tag", "2.1.0")

    done = project.update()

    assert_nothing_is_lost(project, done)
    assert "    new.txt.rej (conflicts)\n" in done.stderr
    assert "\n+mine\n" in project.text("new.txt.rej")


def test_a_file_of_the_user_that_the_template_adds(template: Template, project: Project) -> None:
    (project.folder / "new.txt").write_text("mine\n")
    commit_with(project, "mine")
    (template.folder / "template" / "new.txt").write_text("theirs\n")
    template.release("2.0.0")

    project.update()

    assert "UU new.txt" in project.status() or "AA new.txt" in project.status()
    assert {"mine", "theirs"} <= set(project.text("new.txt").splitlines())


def test_binary_files_of_the_user_cost_no_edit(template: Template, project: Project) -> None:
    (project.folder / "logo.bin").write_bytes(bytes(range(256)))
    edit_in_both(template, project)

    done = project.update()

    assert_nothing_is_lost(project, done)
    assert (project.folder / "logo.bin").read_bytes() == bytes(range(256))


def test_an_edit_that_the_template_takes_over_is_not_listed(
    template: Template, project: Project
) -> None:
    change(project.folder / SHARED, EARLY, "the same")
    commit_with(project, "before them")
    change(template.folder / "template" / SHARED, EARLY, "the same")
    change(template.folder / "template" / SHARED, LATE, "theirs")
    template.release("2.0.0")

    done = project.update()

    assert LISTED not in done.stderr
    assert project.text(SHARED) == (template.folder / "template" / SHARED).read_text()


def test_patches_of_an_earlier_update_are_not_listed_again(
    template: Template, project: Project
) -> None:
    edit_in_both(template, project)
    (project.folder / f"{SHARED}.rej").write_text("committed by mistake\n")
    commit_with(project, "mine")
    project.update()
    (project.folder / CLASH).write_text("resolved\n")
    commit_with(project, "updated")
    change(template.folder / "template" / SHARED, LATE - 5, "theirs again")
    template.release("3.0.0")

    done = project.update()

    assert LISTED not in done.stderr
    assert "theirs again" in project.text(SHARED)


def test_conflicts_that_are_asked_for_as_patches_are_listed(
    template: Template, project: Project
) -> None:
    edit_in_both(template, project)

    done = subprocess.run(
        [sys.executable, "-m", "copier", "update", "--trust", "-l", "-q", "--conflict=rej"],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert_nothing_is_lost(project, done)
