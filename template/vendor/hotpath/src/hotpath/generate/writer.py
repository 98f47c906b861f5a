"""Writes a new feature: all of it, or nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from hotpath.generate import sources
from hotpath.generate.feature import Feature
from hotpath.generate.fields import Refused
from hotpath.generate.routes import routes
from hotpath.service import Service

_WITHIN_S = 60


def write(service: Service, project: Path, feature: Feature) -> list[Path]:
    """Write the modules, the tests, the line in `features.py` and the migration; return the files.

    Args:
        project: The folder of the project, with `tests` in it.
    Raises:
        Refused: something is missing, or refuses what was written; nothing is left of it.
    """
    if find_spec("ruff") is None:
        raise Refused("ruff formats what is written, and is not installed: `uv sync`")
    folder = project / "tests"
    test = folder / f"test_{feature.name}.py"
    if not folder.is_dir() or not (project / "pyproject.toml").is_file():
        raise Refused(f"there is no tests/ in {project}: run this in the folder of the project")
    if test.exists():
        raise Refused(f"{test} is there already")
    _run(service, "db", "check")
    package = service.folder / feature.name
    texts = {
        package / "__init__.py": sources.package(feature),
        package / "model.py": sources.model(feature),
        package / "schemas.py": sources.schemas(feature),
        package / "service.py": sources.service(feature),
        package / "routes.py": routes(feature),
        test: sources.tests(feature),
    }
    features = service.folder / "features.py"
    migrations = set(service.migrations.glob("*.py"))
    with _undone_by_errors(service, features, texts):
        package.mkdir()
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        features.write_text(with_name(features.read_text("utf-8"), feature.name), "utf-8")
        changed = [*texts, features]
        _ruff("check", "--fix", "--quiet", "--exit-zero", paths=changed)
        _ruff("format", "--quiet", paths=changed)
        _ruff("check", "--quiet", paths=changed)
        _run(service, "db", "revision", "-m", f"add {feature.name.replace('_', ' ')}")
    return [*changed, *(set(service.migrations.glob("*.py")) - migrations)]


def with_name(source: str, name: str) -> str:
    """Return the text of `features.py` with one more name in FEATURES.

    Raises:
        Refused: there is no such tuple.
    """
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if (
            isinstance(target, ast.Name)
            and target.id == "FEATURES"
            and isinstance(value, ast.Tuple)
        ):
            names = [*map(ast.unparse, value.elts), f'"{name}"']
            lines = source.splitlines(keepends=True)
            head = lines[value.lineno - 1][: value.col_offset]
            tail = lines[(value.end_lineno or 1) - 1][value.end_col_offset :]
            new = f"{head}({', '.join(names)},){tail}"
            return "".join([*lines[: value.lineno - 1], new, *lines[value.end_lineno :]])
    raise Refused("features.py has no tuple FEATURES, which names the features")


@contextmanager
def _undone_by_errors(service: Service, features: Path, texts: dict[Path, str]) -> Iterator[None]:
    """Remove what was written if the block fails, and restore `features.py`."""
    before = features.read_bytes()
    migrations = set(service.migrations.glob("*.py"))
    try:
        yield
    except BaseException:
        features.write_bytes(before)
        for path in (*texts, *(set(service.migrations.glob("*.py")) - migrations)):
            path.unlink(missing_ok=True)
        package = next(iter(texts)).parent
        if package.is_dir():
            for path in sorted(package.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            package.rmdir()
        raise


def _ruff(*arguments: str, paths: list[Path]) -> None:
    _checked([sys.executable, "-m", "ruff", *arguments, *map(str, paths)])


def _run(service: Service, *arguments: str) -> None:
    """Run a command of the service in a process of its own, which imports what was written."""
    _checked([sys.executable, "-m", service.package, *arguments])


def _checked(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        command, capture_output=True, text=True, timeout=_WITHIN_S, check=False
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()
        raise Refused(f"`{' '.join(command[2:4])}` refuses, and nothing is written: {reason}")
