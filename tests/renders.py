"""Rendering without a prompt: as Copier does it, and faster for the same bytes."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import copier
import pytest
from copier._main import Worker
from jinja2.sandbox import SandboxedEnvironment
from plumbum import local


def render(source: Path, project: Path, answers: Mapping[str, Any]) -> Path:
    """Render `source` into `project`; a question that has no answer keeps its default."""
    copier.run_copy(
        str(source),
        project,
        data=dict(answers),
        defaults=True,
        unsafe=True,
        quiet=True,
        skip_tasks=True,
    )
    return project


class FastRenderer:
    """Renders one template many times: compiles and loads what it is made of once, starts no git.

    Copier makes a new Jinja environment per project, loads the extensions again, compiles every
    path of the template again, computes for each where the answers are kept, and asks `git config`
    about the mode of every file that it writes.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._code: dict[tuple[Any, ...], CodeType] = {}
        extensions = (source / "extensions").glob("*.py")
        self._extensions = {f"extensions/{path.name}": load_module(path) for path in extensions}

    def render(self, project: Path, answers: Mapping[str, Any]) -> Path:
        with self._shortcuts():
            return render(self._source, project, answers)

    @contextmanager
    def _shortcuts(self) -> Iterator[None]:
        compile_anew = SandboxedEnvironment.compile

        def compile_once(environment: SandboxedEnvironment, *source: Any) -> CodeType:
            if source not in self._code:
                self._code[source] = compile_anew(environment, *source)
            return self._code[source]

        with pytest.MonkeyPatch.context() as patch, local.env(PATH=""):
            patch.setattr(SandboxedEnvironment, "compile", compile_once)
            patch.setattr(Worker, "answers_relpath", Path(".copier-answers.yml"))
            for name, module in self._extensions.items():
                patch.setitem(sys.modules, name, module)  # where the extension loader looks first
            yield


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"extensions.{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def files_of(project: Path) -> dict[str, bytes]:
    """Return what a folder holds: relative path → content."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file()
    }
