"""Priorities, and the order of a queue that takes the urgent first and starves nobody."""

from collections import deque
from enum import IntEnum
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")

FAIR_EVERY = 4
"""One of so many entries that are taken is the oldest there is, whatever its priority."""


class Priority(IntEnum):
    """How urgent a task is; the lower number goes first."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


class FairOrder(Generic[T]):
    """Entries by priority; those of one priority in the order in which they came.

    An entry with `n` older ones before it is taken `FAIR_EVERY * (n + 1)` entries later at most,
    however many with a higher priority keep coming.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._taken = 0
        self._entries_by_priority: dict[int, deque[tuple[int, T]]] = {}

    def __len__(self) -> int:
        """Return how many entries wait. Cost: as for all, grows with the number of priorities."""
        return sum(map(len, self._entries_by_priority.values()))

    def push(self, priority: int, entry: T) -> None:
        """Add an entry; the lowest priority is taken first."""
        entries = self._entries_by_priority.setdefault(priority, deque())
        entries.append((next(self._numbers), entry))

    def pop(self) -> T:
        """Remove and return the next entry.

        Raises:
            ValueError: there is none.
        """
        waiting = [key for key, entries in self._entries_by_priority.items() if entries]
        self._taken += 1
        priority = min(waiting) if self._taken % FAIR_EVERY else min(waiting, key=self._oldest)
        return self._entries_by_priority[priority].popleft()[1]

    def _oldest(self, priority: int) -> int:
        return self._entries_by_priority[priority][0][0]
