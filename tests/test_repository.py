"""This repository keeps what its README and its continuous integration say."""

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


def check(module: str, *arguments: str | Path) -> None:
    command = [Path(sys.executable).with_name(module.replace("_", "-")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert not done.returncode, done.stdout + done.stderr
