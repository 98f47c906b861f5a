"""Many at a time: chunks, and a batch of keys, the same for the async and the sync `DataLoader`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import perf_counter
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")
E = TypeVar("E", bound=Exception)
T = TypeVar("T")


class BatchUnavailable(Exception):
    """The batch did not end in time, or the service stops; asking again later may work."""


class Observer(Protocol):
    """Is called when a batch is dispatched."""

    def __call__(self, waits_s: Sequence[float], /) -> None:
        """Take the seconds that each key of the batch waited."""


class Batch(Generic[K, V]):
    """Keys that are loaded together. Not thread-safe: its `DataLoader` has a lock."""

    def __init__(self) -> None:
        self._callers_by_key: dict[K, int] = {}
        self._since_by_key: dict[K, float] = {}
        self.found: Mapping[K, V | Exception] | Exception | None = None
        """What was loaded, or why nothing was; None until the batch completes."""

    def __len__(self) -> int:
        return len(self._callers_by_key)

    @property
    def callers(self) -> int:
        """How many callers wait for this batch."""
        return sum(self._callers_by_key.values())

    def enqueue(self, key: K) -> None:
        """Add a caller; callers of one key share it."""
        callers = self._callers_by_key.get(key, 0)
        if not callers:
            self._since_by_key[key] = perf_counter()
        self._callers_by_key[key] = callers + 1

    def remove(self, key: K) -> None:
        """Remove a caller, and its key with the last one."""
        self._callers_by_key[key] -= 1
        if not self._callers_by_key[key]:
            del self._callers_by_key[key], self._since_by_key[key]

    def dispatch(self) -> tuple[list[K], list[float]]:
        """Return the keys to load, and the seconds each has waited."""
        now = perf_counter()
        return list(self._callers_by_key), [now - since for since in self._since_by_key.values()]

    def result(self, key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            Exception: what the load of this key, or of all, failed with; a copy for this caller.
        """
        found = self.found if isinstance(self.found, Exception) else (self.found or {}).get(key)
        if isinstance(found, Exception):
            raise copy_exception(found) from found
        return found


def copy_exception(error: E) -> E:
    """Return a copy of `error`, since several callers cannot raise one object.

    Its `__init__` is not called: that takes whatever it likes, and `args` need not be that. An
    exception that cannot be made this way is returned itself.
    """
    try:
        copied = type(error).__new__(type(error), *error.args)
    except TypeError:
        return error
    copied.args = error.args
    vars(copied).update(vars(error))
    return copied


def chunks_of(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`, the last one shorter; none if there are no items.

    Rows of a table come in chunks already, by `walk` and `stream_rows`; `for_each` works on several
    at once.

    Args:
        size: At least 1.
    Raises:
        ValueError: `size` is less.
    Cost: memory for one chunk.
    """
    if size < 1:
        raise ValueError(f"size is {size}, and has to be at least 1")
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
