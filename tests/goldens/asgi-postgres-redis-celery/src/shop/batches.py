"""What a batch of look-ups holds, and what its callers get of it: the same for both batchers."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")
E = TypeVar("E", bound=Exception)


class LookupUnavailable(Exception):
    """The batch did not end in time, or the service stops; asking again later may work."""


class Observer(Protocol):
    """Is told when a batch leaves."""

    def __call__(self, waits_s: Sequence[float], /) -> None:
        """Take the seconds that each key of the batch waited."""


class Batch(Generic[K, V]):
    """Keys that leave together. Not safe across threads: its batcher sees to that."""

    def __init__(self) -> None:
        self._callers_by_key: dict[K, int] = {}
        self._since_by_key: dict[K, float] = {}
        self.found: Mapping[K, V | Exception] | Exception | None = None
        """What was found, or why nothing was; None until the batch ends."""

    def __len__(self) -> int:
        return len(self._callers_by_key)

    @property
    def callers(self) -> int:
        """Everybody who waits for this batch."""
        return sum(self._callers_by_key.values())

    def join(self, key: K) -> None:
        """Add a caller; callers of one key share it."""
        callers = self._callers_by_key.get(key, 0)
        if not callers:
            self._since_by_key[key] = perf_counter()
        self._callers_by_key[key] = callers + 1

    def leave(self, key: K) -> None:
        """Take a caller out; a key without callers goes with the last of them."""
        self._callers_by_key[key] -= 1
        if not self._callers_by_key[key]:
            del self._callers_by_key[key], self._since_by_key[key]

    def depart(self) -> tuple[list[K], list[float]]:
        """Return the keys to look up, and the seconds each has waited."""
        now = perf_counter()
        return list(self._callers_by_key), [now - since for since in self._since_by_key.values()]

    def outcome(self, key: K) -> V | None:
        """Return what was found for `key`; None if there is nothing.

        Raises:
            Exception: what the look-up of this key, or of all, failed with; a copy of its own.
        """
        found = self.found if isinstance(self.found, Exception) else (self.found or {}).get(key)
        if isinstance(found, Exception):
            raise own_copy(found) from found
        return found


def own_copy(error: E) -> E:
    """Return an exception like `error`: raised by several callers, one object would mix them up.

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
