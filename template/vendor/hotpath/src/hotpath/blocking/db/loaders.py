# Generated from hotpath/aio/db/loaders.py by extensions/blocking.py; do not edit.
"""Lookups by key, batched across callers: features declare them, services call them.

A service that loads while it holds a session may wait for a connection that it holds itself: close
the session first. For the same reason no `load` uses a loader.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from hotpath.batch import Observer
from hotpath.blocking.dataloader import DataLoader
from hotpath.blocking.db.database import Database
from hotpath.observability.metrics import Metrics
from hotpath.settings import DatabaseSettings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Loader(Generic[K, V]):
    """A lookup by key; `load` finds many keys in one query, its `name` is a label of metrics.

    A key that `load` leaves out is absent; one it maps to an exception fails alone.
    """

    name: str
    load: Callable[[Database, Sequence[K]], Mapping[K, V | Exception]]


class Loaders:
    """The loaders of one process, each with its own batches."""

    def __init__(self, db: Database, settings: DatabaseSettings, metrics: Metrics) -> None:
        self._db = db
        self._settings = settings
        self._metrics = metrics
        self._known: dict[str, tuple[Loader[Any, Any], DataLoader[Any, Any]]] = {}

    def get(self, loader: Loader[K, V], key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            BatchUnavailable: no answer in `batch_wait_s`, or the process stops.
            ValueError: another loader has the same name.
        Cost: a share of one query, with all callers of the same moment.
        """
        known, dataloader = self._known.get(loader.name) or self._add(loader)
        if known is not loader:
            raise ValueError(f"there are two loaders named {loader.name}")
        found: V | None = dataloader.get(key)
        return found

    def close(self) -> None:
        """Wait for batches in flight."""
        for _, dataloader in self._known.values():
            dataloader.close()

    def _add(self, loader: Loader[K, V]) -> tuple[Loader[K, V], DataLoader[K, V]]:
        dataloader: DataLoader[K, V] = DataLoader(
            partial(loader.load, self._db),
            _observer(self._metrics, loader.name),
            max_size=self._settings.batch_size,
            max_wait_s=self._settings.batch_wait_s,
        )
        return self._known.setdefault(loader.name, (loader, dataloader))


def _observer(metrics: Metrics, kind: str) -> Observer:
    size = metrics.buffered_histogram(metrics.batch_size.labels(kind))
    wait = metrics.buffered_histogram(metrics.batch_wait_seconds.labels(kind))

    def observe(waits_s: Sequence[float]) -> None:
        size.add(len(waits_s))
        wait.add_all(waits_s)

    return observe


@contextmanager
def open_loaders(db: Database, settings: DatabaseSettings, metrics: Metrics) -> Iterator[Loaders]:
    """Open the loaders of this process."""
    loaders = Loaders(db, settings, metrics)
    try:
        yield loaders
    finally:
        loaders.close()
