"""This repository keeps what its README and its continuous integration say."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OF_PROJECTS = sorted((ROOT / "template").glob("*/.github/workflows/*.yml"))
OF_GITHUB = ROOT / "template" / "{{ github }}" / ".github" / "workflows" / "ci.yml"
OF_GITLAB = ROOT / "template" / "{{ gitlab }}" / ".gitlab-ci.yml"
ENGINE = "template/vendor/hotpath"
KEEPERS = [path for path in (*WORKFLOWS, *OF_PROJECTS) if "\n  keep:\n" in path.read_text("utf-8")]
COMMAND = re.compile(r"^python3 -m venv .*nox -s tests$", re.MULTILINE)


def test_continuous_integration_runs_the_test_command_of_the_readme() -> None:
    (ours,) = COMMAND.findall((ROOT / "README.md").read_text("utf-8"))

    assert [ours] == COMMAND.findall((ROOT / ".ci" / "run").read_text("utf-8"))


def test_sessions_that_pages_name_exist() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        name for page in pages for name in re.findall(r"\bnox -s (\w+)", page.read_text("utf-8"))
    }

    listed = subprocess.run(
        [sys.executable, "-m", "nox", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"demo", "tests"} <= named
    assert not named - set(re.findall(r"^[*-] (\w+)", listed.stdout, re.MULTILINE))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_follows_its_schema(workflow: Path) -> None:
    check("check_jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)


@pytest.mark.parametrize(
    "workflow", [*WORKFLOWS, *OF_PROJECTS], ids=lambda path: f"{path.parts[-4]}-{path.stem}"
)
def test_a_workflow_has_no_more_rights_than_it_uses(workflow: Path) -> None:
    """Nor does it paste into commands what others may choose."""
    rules = ROOT / ".github" / "zizmor.yml"

    check("zizmor", "--offline", "--quiet", "--config", rules, workflow)


@pytest.mark.parametrize("workflow", KEEPERS, ids=lambda path: path.stem)
def test_the_history_of_scheduled_runs_grows(workflow: Path, tmp_path: Path) -> None:
    """Its first run makes a branch with nothing else; later ones add a line."""
    repository = tmp_path / "owner" / "name"
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "--quiet", "--bare", repository], check=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").symlink_to(shutil.which("true") or "true")
    (*_, step) = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]["keep"]["steps"]
    branch = step["env"]["BRANCH"]
    variables = {
        "BRANCH": branch,
        "GITHUB_SERVER_URL": tmp_path.as_uri(),
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_WORKFLOW": "a-workflow",
        "GITHUB_SHA": "a-commit",
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }

    for number in (1, 2):
        runner = tmp_path / str(number)
        (runner / "new").mkdir(parents=True)
        (runner / "new" / "history.jsonl").write_text(f"{number}\n")
        shell = ["bash", "-e", "-c", step["run"]]
        subprocess.run(shell, cwd=runner, env=os.environ | variables, check=True)

    def ask(*question: str) -> str:
        return subprocess.check_output([git, "-C", repository, *question], text=True)

    assert ask("show", f"{branch}:history.jsonl") == "1\n2\n"
    assert ask("log", "--format=%s", branch) == "a-workflow: a-commit\n" * 2


def test_continuous_integration_runs_every_python() -> None:
    """Ours and that of projects, from the first that may be, with none missing in between."""
    listed = re.search(r"^PYTHONS = (\(.+\))$", (ROOT / "noxfile.py").read_text("utf-8"), re.M)
    assert listed
    pythons = list(ast.literal_eval(listed[1]))
    jobs = [
        yaml.safe_load(path.read_text("utf-8"))["jobs"][job]["strategy"]["matrix"]["python"]
        for path, job in (
            (ROOT / ".github" / "workflows" / "ci.yml", "python"),
            (OF_GITHUB, "check"),
        )
    ]
    (row,) = yaml.safe_load(OF_GITLAB.read_text("utf-8"))["check"]["parallel"]["matrix"]

    assert [pythons] * 3 == [*jobs, row["PYTHON"]]
    first = int(pythons[0].partition(".")[2])
    assert [f"3.{first + number}" for number in range(len(pythons))] == pythons
    for page in ("pyproject.toml", "template/pyproject.toml.jinja", f"{ENGINE}/pyproject.toml"):
        assert f'requires-python = ">={pythons[0]}"' in (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize(("asked", "is_there"), [("{0}", True), ("3.99", False)])
def test_a_python_that_is_asked_for_is_found_or_missed(asked: str, is_there: bool) -> None:
    """`--collect-only` shows that the tests are picked with the Python that was asked for."""
    version = asked.format(".".join(map(str, sys.version_info[:2])))

    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "pythons", "--", version, "--collect-only"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    if is_there:
        assert done.returncode == 0, said
        assert f"Passed on {version}." in said
        assert "asgi-postgres-redis-celery-integration-1" in said
        assert "test_a_project_passes_its_own_checks_and_tests[wsgi-sqlite-memory-none]" in said
    else:
        assert done.returncode == 1
        assert "Python 3.99 was not found on this machine." in said


def check(module: str, *arguments: str | Path) -> None:
    command = [Path(sys.executable).with_name(module.replace("_", "-")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert not done.returncode, done.stdout + done.stderr
