"""What follows the files of a copy: a repository and a lock, or nothing at all after a failure."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import copier
import pytest
import yaml
from conftest import ROOT
from copier.errors import TaskError
from jinja2 import UndefinedError

SCRIPT = ROOT / "extensions" / "after_copy.py"
GIT, UV = str(shutil.which("git")), str(shutil.which("uv", path=Path(sys.executable).parent))
PRESSED_TIMES, PRESSED_AGAIN_S = 3, 10
BUSY = "{% for _ in range(99999) %}{% for _ in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write_pyproject(folder, dependencies="[]")
    return folder


@pytest.fixture
def source(template_source: Path, tmp_path: Path) -> Path:
    """Return the template with one file to render and a task; both can be changed."""
    copy = tmp_path / "source"
    ignored = shutil.ignore_patterns("template", "__pycache__")
    shutil.copytree(template_source, copy, ignore=ignored)
    (copy / "template").mkdir()
    (copy / "template" / "first.txt").touch()
    return copy


def write_pyproject(folder: Path, dependencies: str) -> None:
    lines = ["[project]", 'name = "shop"', 'version = "1"', 'requires-python = ">=3.11"']
    (folder / "pyproject.toml").write_text("\n".join([*lines, f"dependencies = {dependencies}\n"]))


def after_copy(project: Path, *python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the task with nothing on PATH but what is given, and without the network."""
    return subprocess.run(
        [sys.executable, *python, str(SCRIPT)],
        cwd=project,
        env={"PATH": "", "UV_OFFLINE": "1", "UV_PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def path_with(folder: Path, *programs: str) -> str:
    folder.mkdir()
    for program in programs:
        (folder / Path(program).name).symlink_to(program)
    return str(folder)


def git(project: Path, *arguments: str) -> str:
    return subprocess.check_output([GIT, *arguments], cwd=project, text=True).strip()


def test_a_copy_gets_a_repository_and_a_lock_and_no_commit(project: Path) -> None:
    done = after_copy(project, PATH=path_with(project.parent / "bin", GIT, UV))

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("Locking the dependencies")
    assert len(done.stderr.splitlines()) == 1
    assert git(project, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert git(project, "for-each-ref") == ""
    assert 'name = "shop"' in (project / "uv.lock").read_text()


def test_a_project_inside_a_repository_gets_none_of_its_own(project: Path) -> None:
    git(project.parent, "init", "--quiet")

    after_copy(project, PATH=path_with(project.parent / "bin", GIT))

    assert not (project / ".git").exists()


def test_uv_of_the_environment_comes_first(project: Path) -> None:
    chosen = project.parent / "chosen uv"
    chosen.write_text("#!/bin/sh\necho chosen $* >uv.lock\n")
    chosen.chmod(0o755)

    after_copy(project, PATH=path_with(project.parent / "bin", GIT, UV), UV=str(chosen))

    assert (project / "uv.lock").read_text() == "chosen lock --quiet\n"


def test_uv_of_this_python_serves_when_none_is_on_the_path(project: Path) -> None:
    after_copy(project, PATH=path_with(project.parent / "bin", GIT))

    assert (project / "uv.lock").exists()


def test_the_copy_stands_without_git_and_uv(project: Path) -> None:
    done = after_copy(project, "-I", "-S")

    no_git, no_uv = done.stderr.splitlines()
    assert done.returncode == 0
    assert "run `git init` later" in no_git
    assert "run `uv lock`" in no_uv
    assert [path.name for path in project.iterdir()] == ["pyproject.toml"]


def test_the_copy_stands_when_the_network_is_missing(project: Path) -> None:
    write_pyproject(project, dependencies='["a-package-that-nobody-cached"]')

    done = after_copy(project, UV_NO_CACHE="1")

    assert done.returncode == 0
    assert "run `uv lock` later" in done.stderr.splitlines()[-1]
    assert not (project / "uv.lock").exists()


def test_the_task_runs_after_a_copy(source: Path, tmp_path: Path) -> None:
    (source / "extensions" / "after_copy.py").write_text("open('ran', 'x')")

    copier.run_copy(str(source), tmp_path / "project", defaults=True, unsafe=True, quiet=True)

    assert {"first.txt", "ran"} == {path.name for path in (tmp_path / "project").iterdir()}


def test_a_failing_task_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    (source / "extensions" / "after_copy.py").write_text("raise SystemExit(1)")

    with pytest.raises(TaskError):
        copier.run_copy(str(source), tmp_path / "project", defaults=True, unsafe=True, quiet=True)

    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize("name", ["broken.txt.jinja", "{{ misspelt }}/broken.txt"])
def test_a_rendering_error_leaves_nothing_behind(source: Path, tmp_path: Path, name: str) -> None:
    (source / "template" / name).parent.mkdir(exist_ok=True)
    (source / "template" / name).write_text("{{ misspelt }}")

    with pytest.raises((UndefinedError, copier.errors.UserMessageError), match="misspelt"):
        copier.run_copy(str(source), tmp_path / "project", defaults=True, unsafe=True, quiet=True)

    assert not (tmp_path / "project").exists()


def press_ctrl_c(copying: subprocess.Popen[str]) -> str:
    """End a program as its user does, and return what it said.

    Jinja swallows every exception while it folds the constants of a template: then, once in a
    thousand times, it has to be pressed again.
    """
    for _ in range(PRESSED_TIMES):
        os.killpg(copying.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return copying.communicate(timeout=PRESSED_AGAIN_S)[1]
    pytest.fail("Ctrl-C does not end it")


@pytest.mark.parametrize(
    ("name", "content", "sign"),
    [
        ("template/some/later/busy.txt.jinja", BUSY, "some/later"),
        ("extensions/after_copy.py", "while True: pass", "Running task"),
    ],
)
def test_ctrl_c_leaves_nothing_behind(
    source: Path, tmp_path: Path, name: str, content: str, sign: str
) -> None:
    (source / name).parent.mkdir(parents=True, exist_ok=True)
    (source / name).write_text(content)
    command = ["copy", "--trust", "--defaults", str(source), str(tmp_path / "project")]

    with subprocess.Popen(
        [sys.executable, "-u", "-m", "copier", *command],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as copying:
        try:
            assert copying.stderr
            next(line for line in copying.stderr if sign in line)
            existed = (tmp_path / "project").exists()
            said = press_ctrl_c(copying)
        finally:
            copying.kill()

    assert existed
    assert copying.returncode == 1
    assert "Stopped by Ctrl-C: the unfinished project was removed." in said
    assert "Traceback" not in said
    assert not (tmp_path / "project").exists()


def test_ctrl_c_is_as_ever_outside_a_copy(source: Path) -> None:
    """The handler stays installed in the process of whoever calls Copier."""
    program = f"""
import copier, os, signal
copier.run_copy({str(source)!r}, "project", defaults=True, unsafe=True, quiet=True, skip_tasks=True)
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("as ever")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=source, capture_output=True, text=True, check=True
    )

    assert done.stdout == "as ever\n"


@pytest.mark.parametrize(
    ("ci", "expected"),
    [
        ("github", {"defaults": {"run": {"working-directory": "services/our shop"}}}),
        (
            "gitlab",
            {
                "include": "/services/our shop/.gitlab-ci.yml",
                "default": {"before_script": ["cd 'services/our shop'"]},
            },
        ),
    ],
)
def test_a_copy_into_a_folder_of_a_repository_says_how_its_checks_run(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], ci: str, expected: object
) -> None:
    git(tmp_path, "init", "--quiet")

    said = closing_message(source, tmp_path / "services" / "our shop", capfd, ci=ci)

    assert "no check runs yet" in said
    block = re.split(r"add:|start there:", said)[-1]
    assert expected == yaml.safe_load(block)


@pytest.mark.parametrize(("ci", "inside"), [("github", False), ("gitlab", False), ("none", True)])
def test_other_copies_say_nothing_of_it(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], ci: str, inside: bool
) -> None:
    if inside:
        git(tmp_path, "init", "--quiet")

    said = closing_message(source, tmp_path / "services" / "shop", capfd, ci=ci)

    assert "is ready" in said
    assert "no check runs" not in said


def closing_message(
    source: Path, project: Path, capfd: pytest.CaptureFixture[str], **answers: str
) -> str:
    copier.run_copy(str(source), project, data=answers, defaults=True, unsafe=True)
    said = capfd.readouterr().err
    return said[said.index("is ready") :]
