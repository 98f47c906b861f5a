"""One async source gives the code of both interfaces."""

import ast
import io
import shutil
import tokenize
from itertools import accumulate
from pathlib import Path

import copier
import pytest
from async_to_sync_ruff import PACKAGE, ruff_complaints
from conftest import ROOT
from jinja2 import TemplateRuntimeError
from renders import load_module

async_to_sync = load_module(ROOT / "extensions" / "async_to_sync.py")
names = async_to_sync.conversion.names

TEMPLATES = sorted((ROOT / "template").rglob("*.py.jinja"))
CONVERTED = [path for path in TEMPLATES if "{{ asgi }}" not in path.parts]
ENGINE = sorted((ROOT / "template/vendor/hotpath/src/hotpath/aio").rglob("*.py"))
TESTS_OF_ENGINE = [
    path
    for path in sorted((ROOT / "tests" / "engine").rglob("*.py"))
    if "asgi" not in path.relative_to(ROOT / "tests" / "engine").parts[0].split("-")
]
"""Those that `engine_runs.py` converts for WSGI."""

COPIER_YML = """\
_subdirectory: template
_jinja_extensions:
  - copier_template_extensions.TemplateExtensionLoader
  - extensions/async_to_sync.py:AsyncToSync
interface: {type: str, default: asgi}
stack: {type: yaml, default: {sections: []}}
package_name: {type: str, default: shop}
postgres: {type: str, default: "."}
"""
TRICKY = """
\"\"\"Keeps {{ this }}, {% raw %}that{% endraw %} and {# all #} of it: "'\\n\\\\ é 🚀.\"\"\"

from package_name.settings import Settings


async def load(settings: Settings) -> dict[str, dict[str, int]]:
    return {"a": {"b": await settings.count()}}


x = 1"""


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT / "template"))


def _rendered(path: Path, interface: str) -> str:
    source = path.read_text("utf-8")
    rendered: str = async_to_sync.render_python(source, _id(path), interface, PACKAGE, [])
    return rendered


def _small_template(source: Path, code: str) -> Path:
    """Make a template with this extension and one Python file in a layer."""
    folder = source / "template" / "{{ postgres }}" / "src" / "{{ package_name }}" / "db"
    folder.mkdir(parents=True)
    (folder / "x.py.jinja").write_text(code, "utf-8")
    (folder / "notes.txt.jinja").write_text("{{ interface }}\n", "utf-8")
    (source / "copier.yml").write_text(COPIER_YML, "utf-8")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "extensions", source / "extensions", ignore=ignored)
    return source


def _render(source: Path, target: Path, interface: str) -> Path:
    answers = {"interface": interface}
    copier.run_copy(str(source), target, answers, defaults=True, unsafe=True, quiet=True)
    return target / "src" / PACKAGE / "db"


def test_copier_renders_async_and_sync_code(tmp_path: Path) -> None:
    source = _small_template(tmp_path / "small", TRICKY)
    named = TRICKY.replace("from package_name", "from shop")
    expected = {"asgi": named, "wsgi": named.replace("async ", "").replace("await ", "")}

    for interface, code in expected.items():
        folder = _render(source, tmp_path / interface, interface)

        assert (folder / "x.py").read_text("utf-8") == code
        assert (folder / "notes.txt").read_text("utf-8") == f"{interface}\n"


def test_a_failed_render_names_the_file_and_the_line(tmp_path: Path) -> None:
    source = _small_template(tmp_path / "bad", "async def f(x):\n    return f'{await x}'\n")

    with pytest.raises(
        TemplateRuntimeError, match=r"\{\{ postgres \}\}/.*/x\.py\.jinja:2: 'await'"
    ):
        _render(source, tmp_path / "wsgi", "wsgi")


def test_a_base_class_of_settings_becomes_the_chosen_class() -> None:
    source = "from hotpath.settings import CacheSettings, read\n\nx = CacheSettings, read\n"
    sections = [{"any": "CacheSettings", "chosen": "MemoryCacheSettings", "prefix": "CACHE"}]

    rendered = async_to_sync.render_python(source, "x", "asgi", PACKAGE, sections)

    assert rendered == source.replace("CacheSettings", "MemoryCacheSettings")


@pytest.fixture
def two_versions(tmp_path: Path) -> dict[str, Path]:
    """Return templates by what `aclose` becomes in them."""
    versions = {
        name: _small_template(tmp_path / name, "async def f(x):\n    await x.aclose()\n")
        for name in ("close", "shut_down")
    }
    table = versions["shut_down"] / "extensions" / "conversion" / "names.py"
    table.write_text(table.read_text("utf-8").replace('"close"', '"shut_down"'), "utf-8")
    return versions


def test_versions_rendered_in_one_process_convert_each_its_way(
    two_versions: dict[str, Path], tmp_path: Path
) -> None:
    for run, name in enumerate(("close", "shut_down", "close")):
        folder = _render(two_versions[name], tmp_path / str(run), "wsgi")

        assert (folder / "x.py").read_text("utf-8") == f"def f(x):\n    x.{name}()\n"


def test_a_loaded_version_outlives_the_loading_of_another(two_versions: dict[str, Path]) -> None:
    loaded = {
        name: load_module(source / "extensions" / "async_to_sync.py")
        for name, source in two_versions.items()
    }

    for name, module in loaded.items():
        assert module.render_python("x.aclose()\n", "x", "wsgi", PACKAGE, []) == f"x.{name}()\n"


def _names_of(tree: ast.AST) -> set[tuple[str, str] | str]:
    """Return imported (module, name) pairs, modules and what they are in, attributes, functions."""
    found: set[tuple[str, str] | str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {(node.module, alias.name) for alias in node.names}
            found |= set(accumulate(node.module.split("."), "{}.{}".format))
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.AsyncFunctionDef):
            found.add(node.name)
    return found


def test_every_table_entry_is_used() -> None:
    sources = [path.read_text("utf-8") for path in (*CONVERTED, *ENGINE, *TESTS_OF_ENGINE)]
    found = {name for source in sources for name in _names_of(ast.parse(source))}
    tables = (*names.RENAMES, *names.MODULES, *names.UNWRAPPED, *names.METHODS)

    unused = [entry for entry in tables if entry not in found]
    assert not unused, f"no template, no file and no test of the engine uses {unused}"


@pytest.mark.parametrize("path", CONVERTED, ids=_id)
def test_every_template_converts_into_code_without_async(path: Path) -> None:
    converted = _rendered(path, "wsgi")

    assert _keywords(converted) == []
    assert async_to_sync.render_python(converted, path.name, "wsgi", PACKAGE, []) == converted


def test_every_test_of_the_engine_converts_into_code_without_async() -> None:
    for path in TESTS_OF_ENGINE:
        converted = async_to_sync.conversion.convert(path.read_text("utf-8"), True, PACKAGE)

        assert _keywords(converted) == [], path


def _keywords(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [t.line for t in tokens if t.type == tokenize.NAME and t.string in ("async", "await")]


@pytest.mark.parametrize(("interface", "paths"), [("asgi", TEMPLATES), ("wsgi", CONVERTED)])
def test_ruff_accepts_every_rendered_template(
    tmp_path: Path, interface: str, paths: list[Path]
) -> None:
    assert paths
    for path in paths:
        target = tmp_path / _id(path).removesuffix(".jinja")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_rendered(path, interface), "utf-8")

    assert ruff_complaints(tmp_path, "I,F") == ""
