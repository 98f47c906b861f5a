"""Invalidations that a shared store has still to apply; until then it is not read."""

from collections.abc import Iterable
from itertools import chain
from threading import Lock

from hotpath.cache.entries import Invalidation

MAX_PENDING = 10_000
"""Keys, tags and patterns; past that everything is invalidated."""


class PendingInvalidations:
    """Invalidations to send, oldest first. True while there are any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._invalidations: list[Invalidation] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._invalidations)

    def add(self, invalidation: Invalidation) -> None:
        """Add one."""
        with self._lock:
            self._invalidations.append(invalidation)
            self._count += (
                len(invalidation.keys) + len(invalidation.tags) + len(invalidation.patterns)
            )
            if self._count > MAX_PENDING:
                # A new object each time: what is added while it is being sent is not sent with it.
                self._invalidations = [Invalidation(patterns=("*",))]

    def all(self) -> tuple[Invalidation, ...]:
        """Return what is pending now."""
        with self._lock:
            return tuple(self._invalidations)

    def remove(self, sent: Iterable[Invalidation]) -> None:
        """Remove what was sent; what was added since stays."""
        sent_ids = {id(invalidation) for invalidation in sent}
        with self._lock:
            left = [each for each in self._invalidations if id(each) not in sent_ids]
            self._invalidations = left
            if not self._invalidations:
                self._count = 0


def merge(invalidations: Iterable[Invalidation]) -> Invalidation:
    """Return one invalidation with all that is in these."""
    sources = tuple(invalidations)
    return Invalidation(
        tuple(dict.fromkeys(chain.from_iterable(each.keys for each in sources))),
        tuple(dict.fromkeys(chain.from_iterable(each.tags for each in sources))),
        tuple(dict.fromkeys(chain.from_iterable(each.patterns for each in sources))),
    )
