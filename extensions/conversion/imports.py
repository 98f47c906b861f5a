"""Imports as ruff's isort wants them: a block in which something changes is written anew.

Blocks without a change stay as they are. What an import becomes is decided in `names`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Set
from itertools import groupby
from typing import NamedTuple

from .names import ConversionError, Import, Target
from .source import Edit, Source

LINE_LENGTH = 100
FIRST_PARTY = frozenset({"migrations", "tests"})

ImportStmt = ast.Import | ast.ImportFrom
Key = tuple[object, ...]


class Change(NamedTuple):
    """An import as written, and what takes its place."""

    before: Import
    after: Import | None
    line: int


class Block(NamedTuple):
    """Neighbouring imports, from the first statement to the last."""

    first: ImportStmt
    last: ImportStmt
    changes: list[Change]


def import_blocks(source: Source, target: Target) -> Iterator[Block]:
    """Yield all blocks of imports, in functions too."""
    for node in source.nodes:
        for name in ("body", "orelse", "finalbody"):
            stmts = getattr(node, name, None)
            for _, run in groupby(stmts if isinstance(stmts, list) else [], _is_import):
                if block := [stmt for stmt in run if isinstance(stmt, ImportStmt)]:
                    changes = [change for stmt in block for change in _changes(stmt, target)]
                    yield Block(block[0], block[-1], changes)


def without(names: Set[str], blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, with no import of `names` left."""
    for block in blocks:
        gone = [c._replace(after=None) if c.before.local in names else c for c in block.changes]
        yield block._replace(changes=gone)


def import_edits(source: Source, blocks: Iterable[Block], package: str) -> Iterator[Edit]:
    """Yield one edit per block that changes."""
    for first, last, changes in blocks:
        if any(change.before != change.after for change in changes):
            start, end = source.span(first)[0], source.span(last)[1]
            kept = {change.after for change in changes if change.after}
            if not kept or "#" in source.text[start:end]:
                reason = "a comment between imports that change" if kept else "no import is left"
                raise ConversionError(reason, first.lineno)
            yield Edit(start, end, _laid_out(kept, first.col_offset, package))


def _is_import(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ImportStmt)


def _changes(stmt: ImportStmt, target: Target) -> Iterator[Change]:
    for alias in stmt.names:
        item = Import(alias.name, None, alias.asname)
        if isinstance(stmt, ast.ImportFrom):
            item = Import("." * stmt.level + (stmt.module or ""), alias.name, alias.asname)
        yield Change(item, target.changed(item, stmt.lineno), stmt.lineno)


def _laid_out(imports: set[Import], column: int, package: str) -> str:
    """Return the lines of a block without the first indent."""
    indent = " " * column

    def section(item: Import) -> int:
        return _section(item.module.partition(".")[0], package)

    def order(item: Import) -> Key:
        return section(item), _module_key(item), _name_key(item)

    def statement(item: Import) -> Key:  # a name with an alias has one of its own
        return item.module, item.name is None, item.alias and item

    statements: dict[Key, list[Import]] = {}
    for item in sorted(imports, key=order):
        statements.setdefault(statement(item), []).append(item)
    sections = [
        f"\n{indent}".join(_formatted(members, indent) for members in same)
        for _, same in groupby(statements.values(), lambda members: section(members[0]))
    ]
    return f"\n\n{indent}".join(sections)


def _section(root: str, package: str) -> int:
    """Return the place of `__future__`, standard library, third party, first party, relative."""
    if root in ("", "__future__"):
        return 0 if root else 4
    if root in FIRST_PARTY or root == package:
        return 3
    return 1 if root in sys.stdlib_module_names else 2


def _formatted(members: list[Import], indent: str) -> str:
    first = members[0]
    if first.name is None:
        return f"import {first.module}{_as(first)}"
    names = [f"{item.name}{_as(item)}" for item in members]
    line = f"from {first.module} import {', '.join(names)}"
    if len(indent + line) <= LINE_LENGTH:
        return line
    wrapped = "".join(f"{indent}    {name},\n" for name in names)
    return f"from {first.module} import (\n{wrapped}{indent})"


def _as(item: Import) -> str:
    return f" as {item.alias}" if item.alias else ""


def _module_key(item: Import) -> Key:
    """Sort `import` before `from`, far relatives before near ones, then naturally."""
    name = item.module.lstrip(".")
    level = len(item.module) - len(name)
    return item.name is not None, -level, _natural(name.lower()), _natural(name)


def _name_key(item: Import) -> Key:
    """Sort CONSTANTS, then Classes, then the rest, each naturally and without case."""
    name = item.name or ""
    is_constant = len(name) > 1 and name.isupper()
    kind = 0 if is_constant else 1 if name[:1].isupper() else 2
    return kind, _natural(name.lower()), _natural(name), item.alias or ""


def _natural(text: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]
