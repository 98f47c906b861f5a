"""The revisions that this code comes with, read from their files without Alembic.

A process that serves compares them with those that the database has been brought to.
"""

import re
from ast import literal_eval
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Self

from hotpath.service import Service

READ_APPLIED = "SELECT version_num FROM alembic_version"
"""Alembic's own table; there is none before the first revision."""

_ENGINE = Path(__file__).parent.parent / "migrations" / "versions"
_ASSIGNMENT = re.compile(
    r"^(revision|down_revision|depends_on)\b[^=\n]*=\s*(\([^)]*\)|\[[^]]*\]|[^\n#]+)", re.MULTILINE
)


@dataclass(frozen=True)
class Revisions:
    """Revisions, each with those that it builds on."""

    parents: Mapping[str, frozenset[str]]
    are_known: bool = True
    """Whether all files could be read; one whose revision is computed can not."""

    @classmethod
    @cache
    def of(cls, service: Service) -> Self:
        """Return the engine's and the service's, read once. Cost: reads each file."""
        files = (*_ENGINE.glob("*.py"), *service.migrations.glob("*.py"))
        found = [_read(path) for path in files]
        parents = {name: names for each in found if each for name, names in each.items()}
        return cls(parents, are_known=None not in found)

    @cached_property
    def heads(self) -> frozenset[str]:
        """The newest of each branch."""
        return frozenset(self.parents).difference(*self.parents.values())

    def are_missing_in(self, applied: Collection[str]) -> bool:
        """Tell whether a database lacks revisions.

        Args:
            applied: The newest revisions that it has; one that is unknown here is of newer code,
                and may build on any that are known.
        """
        if any(each in self.parents and each not in self.heads for each in applied):
            return True
        is_newer = any(each not in self.parents for each in applied)
        return not is_newer and not self.heads <= set(self._with_parents(applied))

    def _with_parents(self, names: Collection[str]) -> Iterator[str]:
        left, seen = list(names), set[str]()
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left.extend(self.parents.get(name, ()))
                yield name


def _read(path: Path) -> dict[str, frozenset[str]] | None:
    """Return a revision and what it builds on; None for one that is computed."""
    values = {}
    for name, text in _ASSIGNMENT.findall(path.read_text("utf-8")):
        try:
            values[name] = literal_eval(text.strip())
        except (ValueError, SyntaxError):
            return None
    if not isinstance(values.get("revision"), str):
        return {}
    parents = (values.get("down_revision"), values.get("depends_on"))
    return {values["revision"]: frozenset(each for listed in parents for each in _names(listed))}


def _names(listed: object) -> Iterator[str]:
    if isinstance(listed, str):
        yield listed
    elif isinstance(listed, tuple | list):
        yield from listed
