"""Write docs/reference/engine.md, the public names of the engine, from its docstrings.

`python extensions/engine_reference.py` writes the page, `--check` tells whether it is current. It
needs only the standard library, and does not import the engine. Which names are public, in which
order and with which example, is in `engine_reference.toml`.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template"
ENGINE = TEMPLATE / "vendor" / "hotpath"
PAGES = (ROOT / "docs" / "reference" / "engine.md", ENGINE / "docs" / "reference.md")
"""Here, and with the engine in each project."""

CONTENTS = Path(__file__).with_suffix(".toml")
PACKAGE = "package_name"
"""What stands for the name of the package in the sources of projects."""

SHOWN = "shop"
"""What the page writes instead."""

ENTERED = ("asynccontextmanager", "contextmanager")
RECORDS = ("dataclass", "NamedTuple", "BaseModel", "BaseSettings")
NOTHING = ast.Pass()

Function = ast.FunctionDef | ast.AsyncFunctionDef


class NotFound(LookupError):
    """The contents name what the engine or the template does not have."""


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    is_check: bool = parser.parse_args().check
    try:
        page = reference()
    except NotFound as error:
        sys.stderr.write(f"{CONTENTS.name}: {error}.\n")
        return 1
    for file in PAGES:
        if not is_check:
            file.write_text(page, "utf-8", newline="\n")
        elif not file.is_file() or file.read_text("utf-8") != page:
            command = "run python extensions/engine_reference.py"
            sys.stderr.write(f"{file.relative_to(ROOT)} is not what the engine says: {command}.\n")
            return 1
    return 0


def reference() -> str:
    """Return the page.

    Raises:
        NotFound: a module, a name or an example is not there.
    """
    contents = read_contents()
    lines = [contents["introduction"].rstrip()]
    for group in contents["group"]:
        lines += ["", f"## {group['title']}", "", group["text"].rstrip(), ""]
        lines += ["```python", example_of(group).rstrip(), "```"]
        for module, names in group["names"].items():
            lines += ["", f"`{module}`", ""]
            lines += [line for name in names for line in described(module, name)]
    lines += ["", "## Private parts of libraries", "", contents["private_text"].rstrip(), ""]
    lines += ["| module | library | uses | without it |", "|---|---|---|---|"]
    for part in contents["private"]:
        library = f"{part['library']} {version_range(part['library'])}"
        lines.append(f"| `{part['module']}` | {library} | {part['uses']} | {part['without']} |")
    return "\n".join(lines) + "\n"


@cache
def read_contents() -> dict[str, Any]:
    """Return which names are public, in groups, and which modules use private parts."""
    return tomllib.loads(CONTENTS.read_text("utf-8"))


def version_range(library: str) -> str:
    """Return which versions of a library the engine takes, such as `>=0.54,<0.55`.

    Raises:
        NotFound: the engine does not depend on it.
    """
    project = tomllib.loads((ENGINE / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    for requirement in (*project["dependencies"], *extras):
        name, *bounds = re.split(r"(?:\[\w+\])?(?=[<>=])", requirement, maxsplit=1)
        if name == library and bounds:
            return str(bounds[0])
    raise NotFound(f"the engine does not depend on {library}")


def described(module: str, name: str) -> Iterator[str]:
    """Yield the lines of a public name: its signature, its docstring's first line, its methods."""
    node, doc = find(module, name)
    match node:
        case ast.ClassDef():
            yield _line(_class_signature(node), doc)
            yield from _members(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield _line(_function_signature(node), doc)
        case _:
            yield _line(name, doc)


def find(module: str, name: str) -> tuple[ast.stmt, str]:
    """Return the definition of a name and its docstring, from wherever the module imports it.

    Raises:
        NotFound: there is no such name, or it has no docstring.
    """
    body = _parsed(module).body
    for node, after in zip(body, [*body[1:], NOTHING], strict=True):
        if (
            isinstance(node, ast.ClassDef | Function)
            and node.name == name
            and not _is_overload(node)
        ):
            doc = ast.get_docstring(node) or ""
        elif name in _assigned(node):
            doc = _text(after)
        else:
            continue
        doc = doc or read_contents()["constants"].get(f"{module}.{name}", "")
        if not doc:
            raise NotFound(f"{module}.{name} has no docstring")
        return node, doc
    for each in ast.walk(_parsed(module)):
        if isinstance(each, ast.ImportFrom) and name in {alias.name for alias in each.names}:
            return find(str(each.module), name)
    raise NotFound(f"{module} has no {name}")


@cache
def _parsed(module: str) -> ast.Module:
    path = Path(*module.split("."))
    for file in (*_files("src", path), *_files("dev", path)):
        if file.is_file():
            return ast.parse(file.read_text("utf-8"))
    raise NotFound(f"there is no module {module}")


def _files(folder: str, path: Path) -> tuple[Path, Path]:
    return ENGINE / folder / path.with_suffix(".py"), ENGINE / folder / path / "__init__.py"


def _members(node: ast.ClassDef) -> Iterator[str]:
    """Yield the fields of settings and options, and the public methods of any class."""
    has_fields = node.name.endswith(("Settings", "Options"))
    hidden = read_contents()["of_libraries"]
    for each, after in zip(node.body, [*node.body[1:], NOTHING], strict=True):
        if isinstance(each, Function):
            doc = ast.get_docstring(each)
            if doc and not each.name.startswith("_") and each.name not in hidden:
                yield "  " + _line(_function_signature(each), doc)
        elif has_fields and isinstance(each, ast.AnnAssign) and _text(after):
            default = "" if each.value is None else f" = {ast.unparse(_default(each.value))}"
            yield "  " + _line(f"{ast.unparse(each.target)}{default}", _text(after))


def _default(value: ast.expr) -> ast.expr:
    is_field = isinstance(value, ast.Call) and ast.unparse(value.func) == "Field"
    return value.args[0] if is_field and isinstance(value, ast.Call) and value.args else value


def _line(signature: str, doc: str) -> str:
    first, _, _ = doc.partition("\n\n")
    return f"- `{signature.replace(',]', ']')}`: {' '.join(first.split())}"


def _class_signature(node: ast.ClassDef) -> str:
    marks = " ".join(ast.unparse(each) for each in (*node.bases, *node.decorator_list))
    start = next((each for each in node.body if _name(each) == "__init__"), None)
    if isinstance(start, ast.FunctionDef):
        return f"class {node.name}({_arguments(start)})"
    if node.name.endswith("Settings") or not any(mark in marks for mark in RECORDS):
        return f"class {node.name}"
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    return f"class {node.name}({', '.join(ast.unparse(field) for field in fields)})"


def _function_signature(node: Function) -> str:
    marks = [ast.unparse(each).partition("(")[0] for each in node.decorator_list]
    returns = "" if node.returns is None else ast.unparse(node.returns)
    if isinstance(node.returns, ast.Constant):  # a name that is defined later
        returns = str(node.returns.value).replace('"', "")
    if "pytest.fixture" in marks:
        return f"{node.name}: {_yielded(returns)}"
    if "property" in marks:
        return f"{node.name}: {returns}"
    called = f"{node.name}({_arguments(node)})"
    is_async = isinstance(node, ast.AsyncFunctionDef)
    if any(mark in ENTERED for mark in marks):
        return f"{'async ' if is_async else ''}with {called} as {_yielded(returns)}"
    return f"{'async ' if is_async else ''}{called} -> {returns}"


def _yielded(returns: str) -> str:
    return returns.partition("[")[2].removesuffix("]") if "Iterator[" in returns else returns


def _arguments(node: Function) -> str:
    is_method = node.args.args and node.args.args[0].arg in {"self", "cls"}
    text = ast.unparse(node.args)
    return text.partition(",")[2].strip() if is_method else text


def _assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _text(node: ast.stmt) -> str:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return str(ast.literal_eval(node.value)) if is_text and isinstance(node, ast.Expr) else ""


def _name(node: ast.stmt) -> str:
    return str(getattr(node, "name", ""))


def _is_overload(node: ast.ClassDef | Function) -> bool:
    return any(ast.unparse(each) == "overload" for each in node.decorator_list)


def example_of(group: dict[str, Any]) -> str:
    """Return the example of a group: definitions of the template's example, with their imports.

    Raises:
        NotFound: the file has no such definition.
    """
    example = group["example"]
    if "code" in example:
        return str(example["code"])
    text = (TEMPLATE / example["file"]).read_text("utf-8").replace(PACKAGE, SHOWN)
    body = ast.parse(text).body
    parts = [_source(text, body, name) for name in example["names"]]
    used = {name for part in parts for name in _names_in(part)}
    imports = [line for node in body for line in _import_of(node, used)]
    return "\n".join(imports) + "\n\n\n" + "\n\n\n".join(parts)


def _source(text: str, body: Sequence[ast.stmt], name: str) -> str:
    """Return a definition, with its decorators, or with the text behind it if it is a variable."""
    for node, after in zip(body, [*body[1:], NOTHING], strict=True):
        if _name(node) == name or name in _assigned(node):
            decorators = getattr(node, "decorator_list", [])
            start = min(each.lineno for each in (node, *decorators))
            end = (after if _assigned(node) and _text(after) else node).end_lineno
            return "\n".join(text.splitlines()[start - 1 : end])
    raise NotFound(f"no example {name}")


def _import_of(node: ast.stmt, used: set[str]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hotpath"):
        names = [alias.name for alias in node.names if (alias.asname or alias.name) in used]
        if names:
            yield f"from {node.module} import {', '.join(names)}"


def _names_in(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


if __name__ == "__main__":
    sys.exit(main())
