"""Lines that fit again: brackets that ruff had broken only because a line was longer.

Works on rows, and leans on the source being formatted: a broken bracket opens at the end of a row,
and the row that closes it is the next one with the same indent. ruff checks the results in tests.
"""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise

LINE_LENGTH = 100
OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")
GROUP = re.compile(r"\s*(?:assert|elif|if|return|while|[^()]+ =) \($")
"""A row whose bracket holds a whole expression: the bracket goes when the expression fits."""
STAYS = re.compile(r"#|\"\"\"|\\$|^for ")
"""Comments, long strings, continued lines; generators, which may need the bracket of a group."""
BREAK = re.compile(r",\n[)\]}]|[\"']\n[bfr]*[\"']")
"""A trailing comma, and a string in two parts, between two rows: ruff joins neither."""


def joined(text: str, touched: Set[int]) -> str:
    """Join the outermost brackets that fit on one row again, if one of their rows is `touched`."""
    rows = text.split("\n")
    result: list[str] = []
    first = 0
    while first < len(rows):
        end = _end(rows, first)
        is_touched = end > first + 1 and not touched.isdisjoint(range(first, end))
        flat = _flat(rows[first:end]) if is_touched else None
        result.append(flat or rows[first])
        first = end if flat else first + 1
    return "\n".join(result)


def _end(rows: list[str], first: int) -> int:
    """Return the row after the one that closes what `first` opens, past `).where(` and the like."""
    last = first
    indent = _indent(rows[first])
    is_chained = rows[first].lstrip().startswith(CLOSING)
    while rows[last].endswith(OPENING) and not is_chained:
        after = range(last + 1, len(rows))
        last = next((row for row in after if rows[row] and _indent(rows[row]) <= indent), first)
        if not rows[last].lstrip().startswith(CLOSING):  # it was text, or no row follows
            return first + 1
    return last + 1


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _flat(rows: list[str]) -> str | None:
    """Return `rows` as one, or None where it is too long or ruff keeps several."""
    parts = [rows[0], *(row.strip() for row in rows[1:])]
    if any(map(STAYS.search, parts)) or BREAK.search("\n".join(parts)):
        return None
    if GROUP.match(parts[0]) and parts[-1] in (")", "):"):
        parts = [parts[0][:-1].rstrip(), *parts[1:-1], parts[-1][1:]]
    flat = parts[0]
    for left, right in pairwise(parts):
        is_tight = left.endswith(OPENING) or right.startswith((*CLOSING, ".", ":")) or not right
        flat += right if is_tight else f" {right}"
    return flat if len(flat) <= LINE_LENGTH else None
