"""What a shared tier needs of the place where it keeps its bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .tiers import Change

STAMP_BYTES = 16
"""Length of tokens and stamps: random, so that no two are alike."""


@dataclass(slots=True)
class Sealed:
    """Kept bytes, and the stamp of each tag at this moment; None for a tag that has none."""

    data: bytes
    stamps: Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to keep what is loaded for a key, until a change of the key takes it away."""

    key: str
    token: bytes
    stamps: tuple[bytes, ...]
    """Of the tags, as they were before the load."""

    is_held: bool
    """False: somebody else loads, or it is refused."""

    is_refused: bool = False
    """Whether the store is away or takes nothing, so that there may be nobody to wait for."""


class Store(Protocol):
    """Bytes by key, leases and tags. Fails open: out of reach it has nothing and takes nothing."""

    tier: str
    """The label of metrics."""

    def get(self, key: str, tags: Sequence[str]) -> Sealed | None:
        """Return what is kept. Cost: 1 round trip."""
        ...

    def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        """Take the lease of a key if nobody has it; it ends after `life_s`. Cost: 1 round trip."""
        ...

    def put(self, lease: Lease, data: bytes, life_s: float) -> None:
        """Keep `data` for `life_s` if the lease still holds, and end it. Cost: 1 round trip."""
        ...

    def release(self, lease: Lease) -> None:
        """Let others load. Cost: 1 round trip."""
        ...

    def forget(self, change: Change) -> None:
        """Drop keys with their leases, and give tags another stamp."""
        ...

    def state(self) -> str:
        """Return "ok", or "degraded" while it is out of reach. Cost: none."""
        ...
