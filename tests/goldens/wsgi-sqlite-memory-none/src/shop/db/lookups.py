"""Single look-ups by key, batched: features declare them, services ask for them.

A service that looks up while it holds a session may wait for a connection it keeps from itself:
close the session first. For the same reason no `load` looks up anything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from ..batches import Observer
from ..batching import Batcher
from ..observability.metrics import Metrics
from .session import Database
from .settings import DatabaseSettings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Lookup(Generic[K, V]):
    """A kind of look-up; `load` finds many keys in one query, its `name` is a label of metrics.

    A key that `load` leaves out is absent; one it maps to an exception fails alone.
    """

    name: str
    load: Callable[[Database, Sequence[K]], Mapping[K, V | Exception]]


class Lookups:
    """The look-ups of one process, each kind with its own batches."""

    def __init__(self, db: Database, settings: DatabaseSettings, metrics: Metrics) -> None:
        self._db = db
        self._settings = settings
        self._metrics = metrics
        self._known: dict[str, tuple[Lookup[Any, Any], Batcher[Any, Any]]] = {}

    def get(self, lookup: Lookup[K, V], key: K) -> V | None:
        """Return what there is for `key`; None if there is nothing.

        Raises:
            LookupUnavailable: no answer in `batch_wait_s`, or the process stops.
            ValueError: another look-up has the same name.
        Cost: a share of one query, with everybody who asks at the same time.
        """
        known, batcher = self._known.get(lookup.name) or self._add(lookup)
        if known is not lookup:
            raise ValueError(f"there are two look-ups named {lookup.name}")
        found: V | None = batcher.get(key)
        return found

    def close(self) -> None:
        """Let what is in flight end."""
        for _, batcher in self._known.values():
            batcher.close()

    def _add(self, lookup: Lookup[K, V]) -> tuple[Lookup[K, V], Batcher[K, V]]:
        batcher: Batcher[K, V] = Batcher(
            partial(lookup.load, self._db),
            _observer(self._metrics, lookup.name),
            max_size=self._settings.batch_size,
            max_wait_s=self._settings.batch_wait_s,
        )
        return self._known.setdefault(lookup.name, (lookup, batcher))


def _observer(metrics: Metrics, kind: str) -> Observer:
    size = metrics.distribution(metrics.batch_size.labels(kind))
    wait = metrics.distribution(metrics.batch_wait_seconds.labels(kind))

    def observe(waits_s: Sequence[float]) -> None:
        size.add(len(waits_s))
        wait.add_all(waits_s)

    return observe


@contextmanager
def open_lookups(db: Database, settings: DatabaseSettings, metrics: Metrics) -> Iterator[Lookups]:
    """Open the look-ups of this process."""
    lookups = Lookups(db, settings, metrics)
    try:
        yield lookups
    finally:
        lookups.close()
