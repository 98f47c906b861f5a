"""The conversion of a whole source, and of all in it that is no import.

Names are found in the syntax tree and edited in the text, so comments and formatting stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from functools import cache
from typing import NamedTuple

from .imports import Change, import_blocks, import_edits, without
from .joining import joined
from .names import ASYNC_WORDS, METHODS, MODULES, PACKAGE, ConversionError, Target, moved
from .source import Edit, Source, apply

CALLED = re.compile(r"[\w)\]]")
"""What stands before the parentheses of a call."""
DOTTED = re.compile(r"[a-z_][\w.]*(?::\w+)?", re.ASCII)
"""A string that may name a module, or something in one: `package.module:name`."""

Chosen = tuple[tuple[tuple[str, str], str], ...]
"""(module, name) → the name that takes its place, as pairs."""


@cache
def convert(text: str, is_sync: bool, package: str, chosen: Chosen = ()) -> str:
    """Return `text` with the real name of its package, and without async if `is_sync`.

    Raises:
        ConversionError: something in it has no counterpart, or stands where no edit is possible.
    """
    is_same = PACKAGE not in text and not any(name in text for (_, name), _ in chosen)
    if is_same and not (is_sync and any(word in text for word in ASYNC_WORDS)):
        return text
    source, target = Source(text), Target(is_sync, package, dict(chosen))
    blocks = list(import_blocks(source, target))
    names = _names(source, [change for block in blocks for change in block.changes], target)
    for node in source.nodes:
        if isinstance(node, ast.JoinedStr):
            _refuse_edits_in(node, names)
        elif is_sync and isinstance(node, ast.Constant):
            _refuse_async_module(node)
    kept_blocks = without(_names_to_drop(source, names), blocks)
    edits = [*import_edits(source, kept_blocks, package), *_name_edits(source, names)]
    edits += _keyword_edits(source) if is_sync else []
    return joined(*apply(text, edits))


class Names(NamedTuple):
    """What the names and attributes of one source become; `unwrapped` ones vanish around theirs."""

    new: Mapping[str, str]
    modules: Mapping[str, str]
    methods: Mapping[str, str]
    unwrapped: Set[str]


def _names(source: Source, changes: list[Change], target: Target) -> Names:
    new, modules, unwrapped = {PACKAGE: target.package}, {}, set()
    bound = {(change.before.local, change.before.module) for change in changes}
    for before, after, line in changes:
        if after is None:
            unwrapped.add(before.local)
        elif target.is_sync and before.is_whole and (old := moved(before.module)):
            modules[old] = MODULES[old]
        elif before.local not in (after.local, PACKAGE):
            new[before.local] = after.local
            if after.local in source.identifiers and (after.local, after.module) not in bound:
                raise ConversionError(f"{after.local!r} is in use for something else", line)
    return Names(new, modules, METHODS if target.is_sync else {}, unwrapped)


def _refuse_async_module(constant: ast.Constant) -> None:
    """Refuse the name of a module that moves: strings stay, so it would be of the async module."""
    value = constant.value
    if isinstance(value, str) and DOTTED.fullmatch(value) and moved(value.partition(":")[0]):
        raise ConversionError(f"{value!r} in a string, which stays as it is", constant.lineno)


def _refuse_edits_in(fstring: ast.JoinedStr, names: Names) -> None:
    """Refuse what would change: Python 3.11 gives no positions inside an f-string."""
    for node in ast.walk(fstring):
        match node:
            case ast.Await() | ast.comprehension(is_async=1):
                what = "await"
            case ast.Name(id=what) if what in names.new or what in names.unwrapped:
                pass
            case ast.Attribute(attr=what) if what in names.methods or _path(node) in names.modules:
                pass
            case _:
                continue
        raise ConversionError(f"{what!r} inside an f-string", fstring.lineno)


def _name_edits(source: Source, names: Names) -> Iterator[Edit]:
    for node in source.nodes:
        match node:
            case ast.Name(id=name) if name in names.new:
                yield Edit(*source.span(node), names.new[name])
            case ast.Attribute() if (path := _path(node)) in names.modules:
                yield Edit(*source.span(node), names.modules[path])
            case ast.Attribute(attr=name) if name in names.methods:
                end = source.span(node)[1]
                yield Edit(end - len(name), end, names.methods[name])
            case ast.AsyncFunctionDef(name=name) if name in names.methods:
                start = source.text.index(name, source.span(node)[0])
                yield Edit(start, start + len(name), names.methods[name])
            case ast.Subscript(value=ast.Name(id=name)) if name in names.unwrapped:
                (start, end), (inner, inner_end) = (
                    source.span(node),
                    source.span(_arguments(node)[-1]),
                )
                yield from (Edit(start, inner, ""), Edit(inner_end, end, ""))


def _path(node: ast.expr) -> str:
    """Return `a.b.c` of an attribute of an attribute of a name, and nothing of another's."""
    match node:
        case ast.Attribute(value, attr):
            return f"{root}.{attr}" if (root := _path(value)) else ""
        case ast.Name(name):
            return name
        case _:
            return ""


def _arguments(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _names_to_drop(source: Source, names: Names) -> Set[str]:
    """Return what nothing uses when an unwrapped type has lost its other arguments."""
    dropped: list[str] = []
    for node in source.nodes:
        match node:
            case ast.Subscript(value=ast.Name(id=name)) if name in names.unwrapped:
                lost = (part for argument in _arguments(node)[:-1] for part in ast.walk(argument))
                dropped += [part.id for part in lost if isinstance(part, ast.Name)]
    used = [node.id for node in source.nodes if isinstance(node, ast.Name)]
    return {name for name in dropped if used.count(name) == dropped.count(name)}


def _keyword_edits(source: Source) -> Iterator[Edit]:
    """Yield the removal of every `async` and `await`."""
    for node in source.nodes:
        match node:
            case ast.AsyncFor() | ast.AsyncFunctionDef() | ast.AsyncWith():
                start = source.span(node)[0]
                yield Edit(start, start + len("async "), "")
            case ast.comprehension(is_async=1):
                start = source.text.rindex("async ", 0, source.span(node.target)[0])
                yield Edit(start, start + len("async "), "")
            case ast.Await():
                yield from _await_edits(source, node)


def _await_edits(source: Source, node: ast.Await) -> Iterator[Edit]:
    """Yield the removal of `await`, and of the parentheses in `(await x).y`, which it needed."""
    (start, end), text = source.span(node), source.text
    is_group = text[start - 1] == "(" and text[end : end + 2] in (").", ")[")
    is_needless = is_group and not CALLED.match(text[start - 2])
    yield Edit(start - is_needless, start + len("await "), "")
    yield Edit(end, end + is_needless, "")
