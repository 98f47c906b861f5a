"""Rendering without a prompt: as Copier does it, and faster for the same bytes."""

import importlib.util
import re
import shutil
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
from stacks import ROOT


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


def copy_template(target: Path) -> Path:
    """Copy the template of the working tree without `.git`, so that Copier renders it as it is."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "copier.yml", target)
    for folder in ("extensions", "template"):
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(ROOT / folder, target / folder, ignore=ignored)
    return target


class FastRenderer:
    """Renders one template many times: compiles and loads what it is made of once, starts no git.

    Copier makes a new Jinja environment per project, loads the extensions again, compiles every
    path of the template again, computes for each where the answers are kept, and asks `git config`
    about the mode of every file that it writes.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._code: dict[tuple[Any, ...], CodeType] = {}
        names = re.findall(r"^  - (extensions/\w+\.py):", (source / "copier.yml").read_text(), re.M)
        self._extensions = {name: load_module(source / name) for name in names}

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


def own_files_of(project: Path) -> dict[str, bytes]:
    """Return the files of a project that its user owns: all but the engine."""
    return {
        path: content
        for path, content in files_of(project).items()
        if not path.startswith("vendor/")
    }
