"""Turns single look-ups made at the same time into one. Knows no database; `db/lookups.py` does."""

from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Lock
from typing import Generic, TypeVar

from .batches import Batch, LookupUnavailable, Observer

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[Sequence[K]], Mapping[K, V | Exception]]
"""Finds the values of different keys; an exception as a value fails its key alone."""

_Found = Mapping[K, V | Exception]


class _Batch(Batch[K, V]):
    """It gathers, may leave, is led by one of its callers' threads, and ends."""

    def __init__(self, lock: Lock) -> None:
        super().__init__()
        self.changed = Condition(lock)
        self.may_leave = False
        self.has_left = False

    def wants_a_leader(self) -> bool:
        return self.may_leave and not self.has_left

    def is_worth_waking(self) -> bool:
        return self.found is not None or self.wants_a_leader()

    def end(self, found: _Found[K, V] | Exception) -> None:
        self.found = found
        self.changed.notify_all()


class Batcher(Generic[K, V]):
    """Look-ups of one kind, across threads.

    Without a timer and a thread of its own: when none is in flight a caller loads its key at once.
    What comes while one is in flight gathers; when that ends, one of those that wait loads for all
    of them. So nobody works for others twice. A full batch leaves at once. A caller never joins a
    batch that has left: it would get what was there before its own last write.
    """

    def __init__(
        self, load: Load[K, V], observe: Observer, *, max_size: int, max_wait_s: float
    ) -> None:
        self._load = load
        self._observe = observe
        self._max_size = max_size
        self._max_wait_s = max_wait_s
        self._lock = Lock()
        self._nothing_in_flight = Condition(self._lock)
        self._gathering: _Batch[K, V] | None = None
        self._in_flight = 0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Callers whose batch has not left."""
        with self._lock:
            return 0 if self._gathering is None else self._gathering.callers

    def get(self, key: K) -> V | None:
        """Return what there is for `key`; None if there is nothing.

        Raises:
            LookupUnavailable: no answer in `max_wait_s`, or the batcher is closed.
            Exception: what `load` failed with, an object of this caller's own.
        Cost: a share of one `load`.
        """
        with self._lock:
            batch = self._join(key)
            self._wait(batch, key)
            departure = self._depart(batch) if batch.wants_a_leader() else None
        if departure is not None:
            self._lead(batch, *departure)
        return batch.outcome(key)

    def close(self) -> None:
        """Wait for what is in flight; whoever still gathers gets an error."""
        with self._lock:
            self._is_closed = True
            batch = self._gathering
            if batch is not None and not batch.may_leave:
                self._gathering = None
                batch.end(LookupUnavailable("the service stops"))
            self._nothing_in_flight.wait_for(lambda: not self._in_flight, self._max_wait_s)

    def _join(self, key: K) -> _Batch[K, V]:
        if self._is_closed:
            raise LookupUnavailable("the service stops")
        if self._gathering is None:
            self._gathering = _Batch(self._lock)
        batch = self._gathering
        batch.join(key)
        is_full = len(batch) >= self._max_size
        if not batch.may_leave and (is_full or not self._in_flight):
            self._release(batch)
        return batch

    def _release(self, batch: _Batch[K, V]) -> None:
        """Let a batch leave: whoever of it has the lock next leads it."""
        batch.may_leave = True
        self._in_flight += 1
        batch.changed.notify()

    def _wait(self, batch: _Batch[K, V], key: K) -> None:
        in_time = False
        try:
            in_time = batch.changed.wait_for(batch.is_worth_waking, self._max_wait_s)
        finally:
            if not in_time:
                batch.leave(key)
                batch.changed.notify()  # this thread may have been woken to lead
        if not in_time:
            raise LookupUnavailable(f"no answer in {self._max_wait_s} s")

    def _depart(self, batch: _Batch[K, V]) -> tuple[list[K], list[float]]:
        batch.has_left = True
        if self._gathering is batch:
            self._gathering = None
        return batch.depart()

    def _lead(self, batch: _Batch[K, V], keys: list[K], waits_s: list[float]) -> None:
        found: _Found[K, V] | Exception = LookupUnavailable("the thread that looked it up ended")
        try:
            self._observe(waits_s)
            found = self._load(keys)
        except Exception as error:
            found = error
        finally:
            with self._lock:
                self._end(batch, found)

    def _end(self, batch: _Batch[K, V], found: _Found[K, V] | Exception) -> None:
        batch.end(found)
        self._in_flight -= 1
        following = self._gathering
        if following is not None and following.callers and not following.may_leave:
            self._release(following)
        if not self._in_flight:
            self._nothing_in_flight.notify_all()
