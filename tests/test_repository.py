"""This repository keeps what its README and its continuous integration say."""

import re
import subprocess
import sys

from conftest import ROOT

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


def test_the_workflow_follows_its_schema() -> None:
    workflow = ROOT / ".github" / "workflows" / "ci.yml"
    schema = ["--builtin-schema", "vendor.github-workflows"]

    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, workflow],
        capture_output=True,
        text=True,
        check=False,
    )

    assert not done.returncode, done.stdout + done.stderr
