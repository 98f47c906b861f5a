"""A command that fails or hangs in a project is seen with all that it printed."""

import sys
import time
from pathlib import Path

import pytest
from installs import keep, project_environment, run

HANG = "import threading; print('waiting', flush=True); threading.Event().wait()"


def test_a_failed_command_shows_its_output_and_where_it_ran(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception) as failure:
        run(tmp_path, sys.executable, "-c", "print('why'); raise SystemExit(3)", timeout_s=30)

    assert "why\n" in str(failure.value)
    assert f"in {tmp_path}: exit code 3" in str(failure.value)


def test_a_hanging_command_is_ended_and_shows_its_output(tmp_path: Path) -> None:
    start = time.monotonic()

    with pytest.raises(pytest.fail.Exception, match="waiting"):
        run(tmp_path, sys.executable, "-c", HANG, timeout_s=1)

    assert time.monotonic() - start < 20


def test_a_project_does_not_see_the_environment_of_this_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    environment = project_environment()

    assert "PYTEST_CURRENT_TEST" not in environment
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["UV_PYTHON_DOWNLOADS"] == "never"


def test_a_kept_project_has_the_new_files_and_the_old_environment(tmp_path: Path) -> None:
    rendered = tmp_path / "rendered"
    (rendered / "src").mkdir(parents=True)
    (rendered / "src" / "old.py").touch()
    kept = keep(rendered, "project", tmp_path / "kept")
    (kept / ".venv").mkdir()
    (rendered / "src" / "old.py").rename(rendered / "src" / "new.py")

    keep(rendered, "project", tmp_path / "kept")

    assert {".venv", "src", "src/new.py"} == {
        path.relative_to(kept).as_posix() for path in kept.rglob("*")
    }
