"""`profile wall|cpu|memory` of commands and of processes that run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..profiles import hottest, load, names_in, page_of, planted
from ..shop import invoke


@pytest.mark.parametrize("clock", ["wall", "cpu"])
def test_a_command_is_profiled_to_its_end(clock: str, workspace: Workspace, tmp_path: Path) -> None:
    page, profile = tmp_path / "out.html", tmp_path / "out.json"

    for output in (page, profile):
        done = workspace.run("profile", clock, "-o", str(output), "--", "db", "check")
        assert done.returncode == 0, done.stderr
        assert "Models and migrations agree." in done.stdout
        assert f"Written to {output}." in done.stdout

    _, boxes = page_of(page.read_text())
    assert any(title.startswith("check ") for title in boxes)
    assert {"check", "make_app"} <= names_in(json.loads(profile.read_text()))


def test_a_process_that_runs_is_profiled(workspace: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    place = planted(workspace, tmp_path)
    with serving(place, "--workers", "2") as server, load(server.port, "/burn", "/burn/hot"):
        pid = str(server.program.process.pid)
        done = place.run("profile", "cpu", "--pid", pid, "--seconds", "2", "-o", str(output))

    assert done.returncode == 0, done.stderr
    assert hottest(json.loads(output.read_text())) == "burn"


def test_the_memory_of_a_command_is_traced(workspace: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "memory.html"

    done = workspace.run("profile", "memory", "-o", str(output), "--", "db", "check")

    assert done.returncode == 0, done.stderr
    assert "<script src=" not in output.read_text()


@pytest.mark.skipif(shutil.which("gdb") is None, reason="memray attaches by gdb")
def test_the_memory_of_a_process_that_runs_is_traced(workspace: Workspace, tmp_path: Path) -> None:
    output = tmp_path / "memory.html"
    with serving(workspace) as server, load(server.port, "/readyz"):
        pid = str(server.program.process.pid)
        done = workspace.run("profile", "memory", "--pid", pid, "--seconds", "2", "-o", str(output))

    if is_debugger_able():
        assert done.returncode == 0, done.stderr
        assert output.stat().st_size > 10_000
    else:  # as gdb 13 and before are, where the processor has AMX
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert done.stderr.startswith("memray could not attach: Couldn't write extended state")


def is_debugger_able() -> bool:
    """Tell whether gdb can call a function in a process of this machine."""
    with subprocess.Popen(["sleep", "60"]) as process:
        command = ["gdb", "-p", str(process.pid), "-batch", "-ex", "call (int)getpid()"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        process.kill()
    return f"$1 = {process.pid}" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("wall",), "Say what to profile: "),
        (("cpu", "--pid", "1", "--", "db", "check"), "Say what to profile: "),
        (("wall", "-o", "x.svg", "--", "db", "check"), "x.svg must end in .html or .json."),
        (("memory", "-o", "x.json", "--", "db", "check"), "x.json must end in .html."),
        (("wall", "--pid", "4194305"), "Error: "),
    ],
)
def test_what_cannot_be_profiled_is_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    result = invoke("profile", *words)

    assert result.exit_code == 1
    assert result.stderr.startswith(sentence)
    assert "Traceback" not in result.output


def test_a_missing_profiler_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    result = invoke("profile", "wall", "--pid", "1")

    assert result.exit_code == 1
    assert result.stderr == "py-spy is not installed: `uv sync --group profile` installs it.\n"
