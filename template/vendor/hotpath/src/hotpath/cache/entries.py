"""What the tiers of the cache pass to each other and to their stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

STAMP_BYTES = 16
"""Length of tokens and stamps: random, so that no two are alike."""


@dataclass(slots=True)  # made for every read: frozen takes three times as long
class Entry(Generic[T]):
    """A value with its lifetime; all times are seconds since the epoch."""

    value: T
    """None: there is no value, which is cached too."""

    data: bytes
    """The value as its codec encoded it."""

    loaded_at: float
    fresh_until: float
    ends_at: float
    """Between `fresh_until` and this it is stale: returned while a newer one is loaded."""


@dataclass(frozen=True, slots=True)
class Invalidation:
    """What is no longer valid; the same in every tier and every process."""

    keys: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Of keys, where `*` stands for anything."""


@dataclass(slots=True)
class SignedEntry:
    """Stored bytes, and the current stamp of each tag; None for a tag that has none."""

    data: bytes
    stamps: Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to store what is loaded for a key, until an invalidation of the key ends it."""

    key: str
    token: bytes
    stamps: tuple[bytes, ...]
    """Of the tags, as they were before the load."""

    is_held: bool
    """False: another process loads, or it is refused."""

    is_refused: bool = False
    """Whether the store is unavailable or stores nothing: perhaps no other process loads."""


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """How full the connection pool of a store is, in this process."""

    size: int
    """No more are opened; a caller past that waits."""

    in_use: int
    idle: int
