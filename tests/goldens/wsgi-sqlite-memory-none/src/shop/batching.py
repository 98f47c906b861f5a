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
    """It gathers, is led by one of its callers' threads, and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.has_leader = False
        self.gates: list[Lock] = []
        """Where those sleep who do not lead: a lock each, the cheapest there is to wait for."""

    def closed_gate(self) -> Lock:
        """Return the place of one more who sleeps."""
        gate = Lock()
        gate.acquire()
        self.gates.append(gate)
        return gate

    def end(self, found: _Found[K, V] | Exception) -> None:
        """Tell all; nobody may join any more."""
        self.found = found
        for gate in self.gates:
            gate.release()


class Batcher(Generic[K, V]):
    """Look-ups of one kind, across threads.

    Without a timer and a thread of its own: when none is in flight a caller loads its key at once.
    What comes while one is in flight gathers; when that ends, one of those that wait loads for all
    of them. So nobody works for others twice. A full batch leaves at once. A caller never joins a
    batch that has left: it would get what was there before its own last write.
    """

    def __init__(
        self,
        load: Load[K, V],
        observe: Observer,
        *,
        max_size: int,
        max_wait_s: float,
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
        Cost: a share of one `load`; a thread that does not load sleeps once.
        """
        with self._lock:
            batch, gate = self._join(key)
        if gate is not None:
            self._pass(gate, batch, key)
        if batch.found is None:
            self._lead(batch)
        return batch.outcome(key)

    def close(self) -> None:
        """Wait for what is in flight; whoever still gathers gets an error."""
        with self._lock:
            self._is_closed = True
            batch = self._gathering
            if batch is not None and not batch.has_leader:
                self._gathering = None
                batch.end(LookupUnavailable("the service stops"))
            self._nothing_in_flight.wait_for(lambda: not self._in_flight, self._max_wait_s)

    def _join(self, key: K) -> "tuple[_Batch[K, V], Lock | None]":
        """Return the batch of the key, and the gate to wait at; none for who is to lead."""
        if self._is_closed:
            raise LookupUnavailable("the service stops")
        batch = self._gathering
        if batch is None:
            batch = self._gathering = _Batch()
        batch.join(key)
        is_full = len(batch) >= self._max_size
        if is_full:
            self._gathering = None
        if batch.has_leader or (self._in_flight and not is_full):
            return batch, batch.closed_gate()
        self._appoint(batch)
        return batch, None

    def _appoint(self, batch: _Batch[K, V]) -> None:
        """Count a batch as in flight: its leader is known, and may not run yet."""
        batch.has_leader = True
        self._in_flight += 1

    def _pass(self, gate: Lock, batch: _Batch[K, V], key: K) -> None:
        """Sleep until the batch has ended, or this thread is to lead it."""
        if gate.acquire(timeout=self._max_wait_s):
            return
        with self._lock:
            if not gate.acquire(blocking=False):  # else it was opened just now
                batch.gates.remove(gate)
                batch.leave(key)
                raise LookupUnavailable(f"no answer in {self._max_wait_s} s")

    def _lead(self, batch: _Batch[K, V]) -> None:
        found: _Found[K, V] | Exception = LookupUnavailable("the thread that looked it up ended")
        with self._lock:
            if self._gathering is batch:
                self._gathering = None
            keys, waits_s = batch.depart()
        try:
            self._observe(waits_s)
            found = self._load(keys)
        except Exception as error:
            found = error
        finally:
            with self._lock:
                self._land(batch, found)

    def _land(self, batch: _Batch[K, V], found: _Found[K, V] | Exception) -> None:
        batch.end(found)
        self._in_flight -= 1
        following = self._gathering
        if following is not None and following.gates and not following.has_leader:
            self._appoint(following)
            following.gates.pop().release()
        if not self._in_flight:
            self._nothing_in_flight.notify_all()
