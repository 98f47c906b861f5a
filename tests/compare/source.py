"""How many lines a system's source has for the entity `users`: model, schemas, queries, routes.

Counted are lines of code: no blank lines, comments or docstrings, and of the imports those that the
counted code uses. In a file with `# region users` the wiring around it is left out.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeGuard

REGION, END = "# region users", "# endregion"


@dataclass(frozen=True)
class Source:
    """The files of an entity."""

    files: tuple[Path, ...]
    asked: tuple[str, ...] = ()
    """The functions that serve the workloads, where others serve more; none: all of it does."""


@dataclass(frozen=True)
class Lines:
    """Lines of code of an entity, and in how many files."""

    asked: int
    """Of what the workloads ask for, and of what that uses in these files."""
    all: int
    files: int


class _Module:
    """A file, and which of its lines can be counted."""

    def __init__(self, path: Path) -> None:
        text = path.read_text("utf-8")
        self.tree = ast.parse(text)
        self.imports = [n for n in self.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        docstrings = [node for node in ast.walk(self.tree) if _is_docstring(node)]
        is_open = REGION not in text
        self.code = set()
        for number, line in enumerate(map(str.strip, text.splitlines()), 1):
            is_open = is_open or line == REGION
            if is_open and line and not line.startswith("#"):
                self.code.add(number)
            is_open = is_open and line != END
        for node in chain(docstrings, self.imports):
            self.code -= _span(node)

    def definitions(self) -> Iterator[tuple[str, ast.stmt]]:
        """Yield the names that it defines for others, each with its statement."""
        for node in self.tree.body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield node.name, node
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ):
                    yield name, node

    def with_imports(self, lines: set[int]) -> set[int]:
        """Return these lines and those that import what they use."""
        names = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        used = {name.id for name in names if name.lineno in lines}
        found = set(lines)
        for node in self.imports:
            aliases = [a for a in node.names if (a.asname or a.name).partition(".")[0] in used]
            if aliases:
                found |= {node.lineno, node.end_lineno or node.lineno}
                found.update(alias.lineno for alias in aliases)
        return found


def count(source: Source) -> Lines:
    """Return the lines of an entity."""
    modules = [_Module(path) for path in source.files]
    every = [module.with_imports(module.code) for module in modules]
    asked = every
    if source.asked:
        reached = _reach(modules, source.asked)
        asked = [module.with_imports(module.code & reached[module]) for module in modules]
    return Lines(sum(map(len, asked)), sum(map(len, every)), sum(map(bool, every)))


def _reach(modules: Sequence[_Module], asked: Iterable[str]) -> dict[_Module, set[int]]:
    """Return the lines of these definitions, and of those that they use by name."""
    known = {name: (module, node) for module in modules for name, node in module.definitions()}
    lines: dict[_Module, set[int]] = {module: set() for module in modules}
    waiting = list(asked)
    while waiting:
        module, node = known.pop(waiting.pop(), (None, None))
        if module and node:
            lines[module] |= _span(node)
            waiting += [used.id for used in ast.walk(node) if isinstance(used, ast.Name)]
    return lines


def _span(node: ast.stmt | ast.expr) -> set[int]:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return set(range(first, (node.end_lineno or first) + 1))


def _is_docstring(node: ast.AST) -> TypeGuard[ast.Expr]:
    return isinstance(node, ast.Expr) and (
        isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
