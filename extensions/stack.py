"""Which layers of `template/` are rendered, and what they bring.

`copier.yml` is the registry: every value of a question with `choices`, and every yes/no question,
is a layer. A layer's variable renders to "." when it is on and to "" when it is off; Copier skips a
path with an empty part.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from copier_template_extensions import ContextHook

ON, OFF = ".", ""
ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template"
SETTINGS = TEMPLATE / "vendor" / "hotpath" / "src" / "hotpath" / "settings"
STACK_KEYS = (
    "dependencies",  # name, range, why
    "dev_dependencies",  # the same
    "late",  # modules that the app never imports: commands and servers do when they run
    "license",  # expression: SPDX
    "mypy",  # lines of [tool.mypy]
    "processes",  # name, why: commands that run beside the server
    "pytest",  # lines of [tool.pytest.ini_options]
    "sections",  # any, chosen: classes of settings; prefix of their variables
    "services",  # name, image, port, environment, volume, why
)
"""The lists a `stack.toml` may have, and what their items hold; besides them `brings`, a list of
layers, and `texts`, a table of what the pages say of a layer: of several, the most special one."""
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class StackContext(ContextHook):
    """Adds layer switches, merged `stack.toml` data and the settings to every render context."""

    def hook(self, context: dict[str, Any]) -> None:
        questions = _questions()
        answers = {name: context.get(name, q.get("default")) for name, q in questions.items()}
        # A switch may have replaced a yes/no answer of the same name in this very context.
        answers = {name: _as_answer(value) for name, value in answers.items()}
        chosen = frozenset(layer_name(name, answers[name]) for name in questions)
        active = _with_brought(chosen)
        context.update({layer: ON if layer in active else OFF for layer in _all_layers()})
        context["settings"] = _settings(active)
        package = str(context.get("package_name", ""))
        context["distribution_name"] = package.replace("_", "-")
        context["env_prefix"] = f"{package.upper()}_"
        texts = {name: _filled(text, context) for name, text in _texts(active).items()}
        context["stack"] = {**merged(active), "texts": texts}


def layer_name(question: str, answer: object) -> str:
    """Return the layer of an answer: its own name, but `none` and `false` say what is missing."""
    if answer is True:
        return question
    if answer is False or answer == "none":
        return f"no_{question}"
    return re.sub(r"\W", "_", str(answer)).lower()


def _as_answer(value: object) -> object:
    return {ON: True, OFF: False}.get(value, value) if isinstance(value, str) else value


@lru_cache
def _questions() -> dict[str, dict[str, Any]]:
    """Return the questions that switch layers, by name."""
    spec = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    return {
        name: question
        for name, question in spec.items()
        if not name.startswith("_") and ("choices" in question or question.get("type") == "bool")
    }


@lru_cache
def _all_layers() -> frozenset[str]:
    chosen = set()
    for name, question in _questions().items():
        choices = question.get("choices", [True, False])
        values = choices.values() if isinstance(choices, dict) else choices
        chosen |= {layer_name(name, value) for value in values}
    brought = {layer for part in _parts() for layer in part["data"].get("brings", [])}
    return frozenset(chosen | brought)


@lru_cache
def _parts() -> tuple[dict[str, Any], ...]:
    """Return every `stack.toml` as {"needs": layers of its path, "data": its content}."""
    return tuple(
        {"needs": _needs(path), "data": tomllib.loads(path.read_text("utf-8"))}
        for path in sorted(TEMPLATE.rglob("stack.toml"))
    )


def _needs(path: Path) -> frozenset[str]:
    """Return the layers a template path depends on."""
    names = _PLACEHOLDER.findall(str(path.relative_to(TEMPLATE).parent))
    return frozenset(names) - {"package_name"}


def _with_brought(chosen: frozenset[str]) -> frozenset[str]:
    """Add the layers that chosen layers bring, such as the Redis server of Celery's broker."""
    active = chosen
    while True:
        brought = {
            layer
            for part in _parts()
            if part["needs"] <= active
            for layer in part["data"].get("brings", [])
        }
        if brought <= active:
            return active
        active |= brought


@lru_cache
def merged(active: frozenset[str]) -> dict[str, Any]:
    """Concatenate the lists of all active `stack.toml` files."""
    parts = [part["data"] for part in _parts() if part["needs"] <= active]
    merged = {key: [item for part in parts for item in part.get(key, [])] for key in STACK_KEYS}
    for key in ("dependencies", "dev_dependencies"):
        merged[key].sort(key=lambda item: item["name"])
    return merged


@lru_cache
def _texts(active: frozenset[str]) -> dict[str, str]:
    """Return the texts of the active layers; those of others are empty."""
    parts = sorted(_parts(), key=lambda part: len(part["needs"]))
    texts = {name: "" for part in parts for name in part["data"].get("texts", {})}
    for part in parts:
        if part["needs"] <= active:
            texts |= part["data"].get("texts", {})
    return texts


def _filled(text: str, context: dict[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda found: str(context.get(found[1], "")), text)


@lru_cache
def _settings(active: frozenset[str]) -> list[dict[str, str]]:
    """Read every setting of the chosen classes, with its default and reason, from the engine."""
    sections = [(item["chosen"], f"{item['prefix']}__") for item in merged(active)["sections"]]
    found: list[dict[str, str]] = []
    for name, prefix in [
        ("ServiceSettings", ""),
        *sections,
        ("HttpClientSettings", "HTTP_CLIENT__"),
        ("ObservabilitySettings", "OBSERVABILITY__"),
    ]:
        found += [{**field, "name": prefix + field["name"]} for field in _fields(name).values()]
    return found


@lru_cache
def _classes() -> dict[str, ast.ClassDef]:
    trees = (ast.parse(path.read_text("utf-8")) for path in sorted(SETTINGS.glob("*.py")))
    nodes = (node for tree in trees for node in tree.body)
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def _fields(name: str) -> dict[str, dict[str, str]]:
    """Return the fields of a class of settings and its bases: variable, default, reason."""
    class_ = _classes().get(name)
    if class_ is None:
        return {}
    fields: dict[str, dict[str, str]] = {}
    for base in class_.bases:
        fields |= _fields(getattr(base, "id", ""))
    for field, doc in zip(class_.body, [*class_.body[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value:
            default = _default(field.value)
            if default is not None:
                variable = field.target.id.upper()
                fields[variable] = {"name": variable, "default": default, "why": _docstring(doc)}
    return fields


def _default(node: ast.expr) -> str | None:
    """Return a default as an environment variable would spell it; None for a section."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Field":
        node = node.args[0]
    if isinstance(node, ast.Call) and node.args:  # SecretStr("…"), Path("…")
        node = node.args[0]
    if isinstance(node, ast.Call):
        return None
    value = ast.literal_eval(node)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _docstring(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""
