"""A source with its syntax tree, the offsets of nodes in it, and edits of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Set
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from .names import ConversionError


class Edit(NamedTuple):
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


class Source:
    """Python text and the nodes of its tree, outer ones first."""

    def __init__(self, text: str) -> None:
        try:
            self.nodes = list(ast.walk(ast.parse(text)))
        except SyntaxError as error:
            raise ConversionError(error.msg, error.lineno or 1) from error
        self.text = text
        self._lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    @cached_property
    def identifiers(self) -> Set[str | None]:
        """Every name that is read, bound, imported or passed."""
        keys = ("id", "arg", "name")
        return {getattr(node, key, None) for node in self.nodes for key in keys}

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node starts and ends in the text."""
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def _offset(self, row: int, column: int) -> int:
        encoded = self._lines[row - 1].encode()  # columns count bytes
        return self._starts[row - 1] + len(encoded[:column].decode())


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, set[int]]:
    """Return the edited text, and the rows of it that an edit touched, counted from 0."""
    pieces: list[str] = []
    rows: set[int] = set()
    done = row = 0
    for start, end, new in sorted(edits):
        pieces += text[done:start], new
        row += pieces[-2].count("\n") + new.count("\n")
        rows.add(row)
        done = end
    return "".join([*pieces, text[done:]]), rows
