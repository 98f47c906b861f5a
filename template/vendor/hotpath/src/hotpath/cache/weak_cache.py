"""A weak-reference cache: one live object per key."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WeakCache(Generic[K, V]):
    """Makes an object at the first call for its key, and returns the same one while it lives.

    Nothing is kept alive: with its last reference an object is gone, and so is the lock of its key.
    Safe across threads; `make` is called once per object, and blocks its own key alone.
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._lock = Lock()
        self._live: WeakValueDictionary[K, V] = WeakValueDictionary()
        self._making: WeakValueDictionary[K, Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._live)

    def get(self, key: K) -> V:
        """Return the live object of `key`; make it if there is none."""
        found = self._live.get(key)
        if found is not None:
            return found
        with self._lock_of(key):
            found = self._live.get(key)
            if found is None:
                found = self._live[key] = self._make(key)
            return found

    def pop(self, key: K) -> V | None:
        """Return the live object of `key` and remove it; None if there is none."""
        return self._live.pop(key, None)

    def _lock_of(self, key: K) -> Lock:
        with self._lock:
            lock = self._making.get(key)
            if lock is None:
                lock = self._making[key] = Lock()
            return lock
