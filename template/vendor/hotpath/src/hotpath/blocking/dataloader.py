"""Batches single lookups that are made at the same time; `db/loaders.py` uses it for queries."""

from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Lock
from typing import Generic, TypeVar

from hotpath.batch import Batch, BatchUnavailable, Observer
from hotpath.observability.request_context import deadline, limited_to

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[Sequence[K]], Mapping[K, V | Exception]]
"""Loads the values of different keys; an exception as a value fails its key alone."""

_Found = Mapping[K, V | Exception]


class _Batch(Batch[K, V]):
    """It is loaded by one of its callers' threads, its leader."""

    def __init__(self) -> None:
        super().__init__()
        self.has_leader = False
        self.deadline = 0.0
        """When the last of the callers gives up."""
        self.locks: list[Lock] = []
        """Locks that the other callers wait on, one each: the cheapest thing to wait on."""

    def new_lock(self) -> Lock:
        """Return an acquired lock for one more caller to wait on."""
        lock = Lock()
        lock.acquire()
        self.locks.append(lock)
        return lock

    def end(self, found: _Found[K, V] | Exception) -> None:
        """Wake all callers; no caller may be added any more."""
        self.found = found
        for lock in self.locks:
            lock.release()


class DataLoader(Generic[K, V]):
    """Loads keys of one kind in batches, across threads.

    There is no timer and no thread of its own. While no batch is in flight, a caller loads its key
    at once. Keys that arrive while one is in flight are loaded together when it completes, by one
    of the callers that wait. A full batch is loaded at once. A caller is never added to a batch in
    flight: it would get a value from before its own last write.
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
        self._open_batch: _Batch[K, V] | None = None
        self._in_flight = 0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Callers whose batch is not dispatched yet."""
        with self._lock:
            return 0 if self._open_batch is None else self._open_batch.callers

    def get(self, key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            BatchUnavailable: no answer in `max_wait_s`, or the loader is closed.
            Exception: what `load` failed with, an object of this caller's own.
        Cost: a share of one `load`; a thread that does not load waits once.
        """
        with self._lock:
            batch, lock = self._enqueue(key)
        if lock is not None:
            self._wait(lock, batch, key)
        if batch.found is None:
            self._lead(batch)
        return batch.result(key)

    def close(self) -> None:
        """Wait for batches in flight; callers of those not dispatched get an error."""
        with self._lock:
            self._is_closed = True
            batch = self._open_batch
            if batch is not None and not batch.has_leader:
                self._open_batch = None
                batch.end(BatchUnavailable("the service is stopping"))
            self._nothing_in_flight.wait_for(lambda: not self._in_flight, self._max_wait_s)

    def _enqueue(self, key: K) -> "tuple[_Batch[K, V], Lock | None]":
        """Return the batch of the key, and the lock to wait on; None for its leader."""
        if self._is_closed:
            raise BatchUnavailable("the service is stopping")
        batch = self._open_batch
        if batch is None:
            batch = self._open_batch = _Batch()
        batch.enqueue(key)
        batch.deadline = max(batch.deadline, deadline())
        is_full = len(batch) >= self._max_size
        if is_full:
            self._open_batch = None
        if batch.has_leader or (self._in_flight and not is_full):
            return batch, batch.new_lock()
        self._count_in_flight(batch)
        return batch, None

    def _count_in_flight(self, batch: _Batch[K, V]) -> None:
        """Count a batch as in flight: its leader is known, and may not run yet."""
        batch.has_leader = True
        self._in_flight += 1

    def _wait(self, lock: Lock, batch: _Batch[K, V], key: K) -> None:
        """Wait until the batch completes, or this thread is its leader."""
        if lock.acquire(timeout=self._max_wait_s):
            return
        with self._lock:
            if not lock.acquire(blocking=False):  # else it was released just now
                batch.locks.remove(lock)
                batch.remove(key)
                raise BatchUnavailable(f"no answer in {self._max_wait_s} s")

    def _lead(self, batch: _Batch[K, V]) -> None:
        found: _Found[K, V] | Exception = BatchUnavailable("the thread that loaded it ended")
        with self._lock:
            if self._open_batch is batch:
                self._open_batch = None
            keys, waits_s = batch.dispatch()
        try:
            self._observe(waits_s)
            with limited_to(batch.deadline):
                found = self._load(keys)
        except Exception as error:
            found = error
        finally:
            with self._lock:
                self._complete(batch, found)

    def _complete(self, batch: _Batch[K, V], found: _Found[K, V] | Exception) -> None:
        batch.end(found)
        self._in_flight -= 1
        following = self._open_batch
        if following is not None and following.locks and not following.has_leader:
            self._count_in_flight(following)
            following.locks.pop().release()
        if not self._in_flight:
            self._nothing_in_flight.notify_all()
