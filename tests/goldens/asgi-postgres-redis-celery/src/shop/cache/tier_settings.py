"""What can be set about the cache in every stack."""

from typing import Annotated

from pydantic import BaseModel, Field

Seconds = Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)]
"""Up to a year."""


class TierSettings(BaseModel, extra="forbid"):
    """Lives, sizes and the wait for others; what is different in a stack is in `settings.py`."""

    ttl_s: Seconds = 60.0
    """Seconds an answer lives if its reader does not say, less `ttl_jitter`."""

    absent_ttl_s: Seconds = 5.0
    """Seconds the absence of an answer lives; shorter, since it is cheap to ask again."""

    ttl_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of a life that is left to chance, so that what was loaded together ends apart."""

    near_ttl_s: Seconds
    """Seconds an answer lives in this process at most."""

    near_max_entries: Annotated[int, Field(ge=1)] = 10_000
    """Answers kept in a process; past that those that end soonest leave first."""

    near_max_bytes: Annotated[int, Field(ge=4096)] = 33_554_432
    """Bytes of memory for them, 32 MiB; entries are weighed with what surrounds them."""

    max_value_bytes: Annotated[int, Field(ge=1)] = 262_144
    """Bytes, 256 KiB: a larger answer is kept nowhere, and counted."""

    lease_s: Seconds = 5.0
    """Seconds one caller may load while others wait; above the slowest load, or it is repeated."""

    refreshes: Annotated[int, Field(ge=1)] = 4
    """Stale answers that a process loads anew at once, in the background."""

    use_table: bool = False
    """Whether answers are kept in the database too: for those dearer than a look-up there."""
