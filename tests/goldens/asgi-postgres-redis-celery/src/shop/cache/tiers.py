"""What the tiers hand each other: a question, its answer, and what is to be forgotten."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, TypedDict, TypeVar

from .codec import Codec

T = TypeVar("T")


@dataclass(slots=True)  # made for every read: frozen takes three times as long
class Entry(Generic[T]):
    """An answer with its life; all moments are seconds since the epoch."""

    value: T
    """None: there is nothing, and that too is an answer."""

    data: bytes
    """The value as its codec wrote it."""

    loaded_at: float
    fresh_until: float
    ends_at: float
    """Between `fresh_until` and this it may be given out while a newer one is loaded."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is no longer true; the same in every tier and every process."""

    keys: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Of keys, where `*` stands for anything."""


class Options(TypedDict, total=False):
    """What a reader may say of an answer; always the same for one key."""

    codec: Codec[Any]
    """How it is written outside the process, see `codec.codec_of`; bytes as they are by default."""

    ttl: timedelta
    """How long it may be kept; `ttl_s` of the settings by default."""

    stale: timedelta
    """How much longer it may be given out while a newer one is loaded; not at all by default."""

    tags: tuple[str, ...]
    """Names that forget it, see `Cache.invalidate`."""

    is_expensive: bool
    """Load it once for all processes; those that miss meanwhile wait for it."""


@dataclass(slots=True)  # made for every read: frozen takes three times as long
class Ask(Generic[T]):
    """A question that the nearest tier could not answer."""

    key: str
    load: Callable[[], Awaitable[T]]
    codec: Codec[Any]
    """Of what T is when it is not None."""

    ttl_s: float
    stale_s: float
    """Seconds past its life that an answer may be given out while a newer one is loaded."""

    tags: tuple[str, ...]
    is_expensive: bool
    """Whether to wait for another process that loads the same, instead of loading too."""

    takes_stale: bool = True
    loaded_after: float = 0
    """Older answers do not do; seconds since the epoch."""

    def accepts(self, entry: Entry[T], now: float) -> bool:
        """Tell whether `entry` answers this."""
        is_alive = now < (entry.ends_at if self.takes_stale else entry.fresh_until)
        return is_alive and entry.loaded_at >= self.loaded_after


class Tier(Protocol):
    """One level of the cache, or the end of them all, which loads."""

    async def read(self, ask: Ask[T]) -> Entry[T]:
        """Return the answer from here or from below; keep here what came from below."""
        ...

    async def forget(self, change: Change) -> None:
        """Forget below first, then here: what is below would come up again."""
        ...
