"""Changes that a shared tier was not told: told later, and until then it is not asked."""

from collections.abc import Iterable
from itertools import chain
from threading import Lock

from .tiers import Change

MAX_OWED = 10_000
"""Keys, tags and patterns; past that it is told to forget everything."""


class Owed:
    """What is owed, oldest first. True while there is something."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._changes: list[Change] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._changes)

    def add(self, change: Change) -> None:
        """Owe a change more."""
        with self._lock:
            self._changes.append(change)
            self._count += len(change.keys) + len(change.tags) + len(change.patterns)
            if self._count > MAX_OWED:
                # A new one each time: what comes while it is told is not told with it.
                self._changes = [Change(patterns=("*",))]

    def all(self) -> tuple[Change, ...]:
        """Return what is owed now."""
        with self._lock:
            return tuple(self._changes)

    def paid(self, told: Iterable[Change]) -> None:
        """Owe these no more; what was added since is still owed."""
        gone = {id(change) for change in told}
        with self._lock:
            self._changes = [each for each in self._changes if id(each) not in gone]
            if not self._changes:
                self._count = 0


def merged(changes: Iterable[Change]) -> Change:
    """Return one change that says the same as all of these."""
    given = tuple(changes)
    return Change(
        tuple(dict.fromkeys(chain.from_iterable(each.keys for each in given))),
        tuple(dict.fromkeys(chain.from_iterable(each.tags for each in given))),
        tuple(dict.fromkeys(chain.from_iterable(each.patterns for each in given))),
    )
