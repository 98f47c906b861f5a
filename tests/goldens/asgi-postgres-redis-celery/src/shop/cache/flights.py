"""Loads that others may wait for, and the tags that end what they find."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from ..batches import own_copy
from ..concurrency import Signal
from .tiers import Entry

T = TypeVar("T")


class Tag:
    """One life of a tag: entries hold it, and end with it."""

    __slots__ = ("__weakref__", "is_over")

    def __init__(self, name: str) -> None:
        self.is_over = False


Tags = tuple[Tag, ...]


def any_is_over(tags: Tags) -> bool:
    """Tell whether one of them was invalidated."""
    for tag in tags:  # noqa: SIM110 - `any` takes twice as long
        if tag.is_over:
            return True
    return False


@dataclass(slots=True)
class Flight(Generic[T]):
    """A load that others may wait for."""

    tags: Tags
    before: "Flight[T] | None" = None
    """One that takes long, and may still land before this."""

    is_cancelled: bool = False
    landed: Signal | None = None
    """Made for the first who waits: most fly alone."""

    _found: Entry[T] | BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether its key or a tag was invalidated since it began."""
        return self.is_cancelled or (bool(self.tags) and any_is_over(self.tags))

    @property
    def is_aloft(self) -> bool:
        """Whether something may still come of it."""
        return self._found is None and not self.is_over

    def cancel(self) -> None:
        """Let it land nowhere, nor those before it."""
        flight: Flight[T] | None = self
        while flight is not None:
            flight.is_cancelled = True
            flight = flight.before

    def end(self, found: Entry[T] | BaseException) -> None:
        """Tell those who wait, once nobody can join any more."""
        self._found = found
        if self.landed is not None:
            self.landed.set()

    async def wait(self, at_most_s: float) -> bool:
        """Wait for its end; return whether it came in time. Only for those it was given to."""
        return self.landed is None or await self.landed.wait(at_most_s)

    def outcome(self) -> Entry[T] | None:
        """Return what was found; None if its caller went away, and somebody else has to load.

        Raises:
            Exception: what the load failed with, a copy of its own.
        """
        if isinstance(self._found, Exception):
            raise own_copy(self._found) from self._found
        return None if isinstance(self._found, BaseException) else self._found
