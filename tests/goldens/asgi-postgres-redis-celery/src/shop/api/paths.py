"""Parameters in paths."""

from typing import Annotated

from fastapi import Path

from ..db.schemas import MAX_ID

UserId = Annotated[int, Path(ge=1, le=MAX_ID)]
"""Which user."""
