"""Every stack installed: its own checks and tests, in its own environment, with real services.

One test per stack: what is installed once has to be used by one worker of the test runner.
"""

import json
import re
import shlex
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest
from installs import install, keep, run
from stacks import Stack
from test_rendering import pages_of

pytestmark = pytest.mark.projects

CHECKS_WITHIN_S, TESTS_WITHIN_S = 300, 600
PRINT_HELP = """
import json, sys
from hotpath.cli import make_app
from hotpath.service import Service
from typer.testing import CliRunner
from {package}.cli import COMMANDS
service = Service("{package}")
app = make_app(service, COMMANDS)
commands = json.loads(sys.argv[1])
asked = [CliRunner().invoke(app, [*words, "--help"], obj=service) for words in commands]
print(json.dumps([[result.exit_code, result.output] for result in asked]))
"""


def test_a_project_passes_its_own_checks_and_tests(stack: Stack, project: Path) -> None:
    """In the way of its own CI; and every command that its pages name exists."""
    installed = keep(project, stack.id)
    install(installed)

    run(installed, "uv", "run", "--locked", "nox", "-s", "lint", timeout_s=CHECKS_WITHIN_S)
    commands_of_the_pages_exist(installed)
    tests = run(installed, "uv", "run", "--locked", "nox", "-s", "tests", timeout_s=TESTS_WITHIN_S)

    assert re.search(r"\d+ passed", tests)
    assert not re.search(r"\d+ (skipped|deselected|xfailed|xpassed)", tests)


def commands_of_the_pages_exist(installed: Path) -> None:
    (name,) = tomllib.loads((installed / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    lines = re.compile(rf"\buv run {name} ([^`#\n]+)")
    text = "\n".join(page.read_text("utf-8") for page in pages_of(installed))
    commands = [shlex.split(line) for line in lines.findall(text)]
    words = [[*takewhile(lambda word: not word.startswith("-"), each)] for each in commands]
    script = PRINT_HELP.format(package=name.replace("-", "_"))

    python = str(installed / ".venv" / "bin" / "python")
    answers = json.loads(run(installed, python, "-c", script, json.dumps(words), timeout_s=60))

    assert commands
    for command, (code, help_text) in zip(commands, answers, strict=True):
        own = takewhile(lambda word: word != "--", command)  # what follows is another command's
        assert not code, help_text
        assert all(option in help_text for option in own if option.startswith("-")), command
