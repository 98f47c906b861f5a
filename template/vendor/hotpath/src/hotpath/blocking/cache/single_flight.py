# Generated from hotpath/aio/cache/single_flight.py by extensions/blocking.py; do not edit.
"""Single flight: loads that other callers wait for, and the tags that invalidate them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from hotpath.batch import copy_exception
from hotpath.blocking.concurrency import Signal
from hotpath.cache.entries import Entry

T = TypeVar("T")


class Tag:
    """A tag until it is invalidated; its entries refer to it."""

    __slots__ = ("__weakref__", "is_invalidated")

    def __init__(self, name: str) -> None:
        self.is_invalidated = False


Tags = tuple[Tag, ...]


def any_invalidated(tags: Tags) -> bool:
    """Tell whether one of them was invalidated."""
    for tag in tags:  # noqa: SIM110 - `any` takes twice as long
        if tag.is_invalidated:
            return True
    return False


@dataclass(slots=True)
class Flight(Generic[T]):
    """A load that other callers may wait for."""

    tags: Tags
    before: "Flight[T] | None" = None
    """A slow one, which may still complete before this."""

    is_cancelled: bool = False
    completed: Signal | None = None
    """Made for the first caller that waits: most loads have one caller."""

    _result: Entry[T] | BaseException | None = None

    @property
    def is_invalidated(self) -> bool:
        """Whether its key or a tag was invalidated since it began."""
        return self.is_cancelled or (bool(self.tags) and any_invalidated(self.tags))

    @property
    def is_pending(self) -> bool:
        """Whether it may still complete."""
        return self._result is None and not self.is_invalidated

    def cancel(self) -> None:
        """Cancel it, and those before it."""
        flight: Flight[T] | None = self
        while flight is not None:
            flight.is_cancelled = True
            flight = flight.before

    def end(self, found: Entry[T] | BaseException) -> None:
        """Wake the callers that wait, once no other can be added."""
        self._result = found
        if self.completed is not None:
            self.completed.set()

    def wait(self, at_most_s: float) -> bool:
        """Wait until it ends; return whether it did in time."""
        return self.completed is None or self.completed.wait(at_most_s)

    def result(self) -> Entry[T] | None:
        """Return what was loaded; None if its caller was cancelled, and another has to load.

        Raises:
            Exception: what the load failed with, a copy for this caller.
        """
        if isinstance(self._result, Exception):
            raise copy_exception(self._result) from self._result
        return None if isinstance(self._result, BaseException) else self._result
