"""What can be set about the cache in this process."""

from typing import Annotated

from pydantic import BaseModel, Field


class CacheSettings(BaseModel, extra="forbid"):
    """A bounded table in each process; processes do not tell each other of a change."""

    max_entries: Annotated[int, Field(ge=1)] = 10_000
    """Answers kept per process; past that those that end soonest leave first."""

    ttl_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds an answer is kept; with several workers also how old another's answer may be."""

    absent_ttl_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds the absence of a row is kept."""
