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

    @classmethod
    @cache
    def of(cls, service: Service) -> Self:
        """Return the engine's and the service's, read once. Cost: reads each file."""
        files = (*_ENGINE.glob("*.py"), *service.migrations.glob("*.py"))
        return cls(dict(found for path in files if (found := _read(path))))

    @cached_property
    def heads(self) -> frozenset[str]:
        """The newest of each branch."""
        return frozenset(self.parents).difference(*self.parents.values())

    def are_ahead_of(self, applied: Collection[str]) -> bool:
        """Tell whether a database lacks revisions.

        Args:
            applied: The newest revisions that it has; those that are unknown here are of newer
                code, and stand for what they build on.
        """
        unknown = [each for each in applied if each not in self.parents]
        included = set(self._with_parents(applied))
        missing = self.heads - included
        is_older = any(each in self.parents and each not in self.heads for each in applied)
        return is_older or len(missing) > len(unknown)

    def _with_parents(self, names: Collection[str]) -> Iterator[str]:
        left, seen = list(names), set[str]()
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left.extend(self.parents.get(name, ()))
                yield name


def _read(path: Path) -> tuple[str, frozenset[str]] | None:
    """Return a revision and what it builds on; None for a file that is none."""
    values = {}
    for name, text in _ASSIGNMENT.findall(path.read_text("utf-8")):
        try:
            values[name] = literal_eval(text.strip())
        except (ValueError, SyntaxError):  # computed: as unknown as one of newer code
            return None
    if not isinstance(values.get("revision"), str):
        return None
    parents = (values.get("down_revision"), values.get("depends_on"))
    return values["revision"], frozenset(each for listed in parents for each in _names(listed))


def _names(listed: object) -> Iterator[str]:
    if isinstance(listed, str):
        yield listed
    elif isinstance(listed, tuple | list):
        yield from listed
