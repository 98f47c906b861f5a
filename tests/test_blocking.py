"""`hotpath.blocking` is what `hotpath.aio` converts to, but for a few files written twice."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from async_to_sync_ruff import ruff_complaints
from conftest import ROOT
from renders import load_module

SCRIPT = ROOT / "extensions" / "blocking.py"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(SCRIPT.parent)
    blocking = load_module(SCRIPT)

ENGINE: Path = blocking.ENGINE
AIO, BLOCKING = ENGINE / "hotpath" / "aio", ENGINE / "hotpath" / "blocking"
PAIRS = sorted(name for name in blocking.HAND_WRITTEN if (AIO / name).is_file())
SYNC_NAMES = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
ONLY_ASYNC = {"bounded_threads"}  # of the event loop: the threads of a sync server are its own


def test_blocking_is_what_aio_converts_to() -> None:
    command = [sys.executable, "-S", str(SCRIPT), "--check"]  # -S: with nothing installed

    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.stdout + checked.stderr == ""
    assert checked.returncode == 0


def test_files_are_generated_and_removed_and_every_other_one_is_named(tmp_path: Path) -> None:
    aio, target = tmp_path / "hotpath" / "aio", tmp_path / "hotpath" / "blocking"
    sources = {"new.py": "await_ = 1\n", "db/bad.py": "x = 1\nf'{x.aclose}'\n"}
    written = {"stale.py": blocking.MARK, "db/lost.py": "x = 1\n"}
    written |= dict.fromkeys(blocking.HAND_WRITTEN - {"concurrency.py"}, "")
    for folder, texts in ((aio, sources), (target, written)):
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    problems: list[str] = []

    changes = dict(blocking.find_changes(problems, tmp_path))

    text = blocking.HEADER.format(path="new.py") + sources["new.py"]
    assert changes == {target / "new.py": text, target / "stale.py": None}
    for problem, expected in zip(
        problems,
        ("aio/db/bad.py:2: 'aclose'", "blocking/concurrency.py is miss", "db/lost.py is not in H"),
        strict=True,
    ):
        assert expected in problem


def test_ruff_accepts_all_of_blocking() -> None:
    assert ruff_complaints(BLOCKING, "I,F", package="hotpath") == ""


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_written_twice_has_the_same_public_names(name: str) -> None:
    expected = {SYNC_NAMES.get(public, public) for public in _public_names(AIO / name)}

    assert _public_names(BLOCKING / name) == expected - ONLY_ASYNC


def _public_names(path: Path) -> set[str]:
    """Return the public functions and classes of a module, and these classes' methods."""
    named = [*filter(_is_public, ast.parse(path.read_text("utf-8")).body)]
    classes = [node for node in named if isinstance(node, ast.ClassDef)]
    methods = [node for class_ in classes for node in filter(_is_public, class_.body)]
    return {getattr(node, "name", "") for node in (*named, *methods)}


def _is_public(node: ast.stmt) -> bool:
    match node:
        case ast.ClassDef(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
            return name.endswith("__") or not name.startswith("_")
        case _:
            return False
