"""Parameters in paths."""

from typing import Annotated

from pydantic import BaseModel, Field

from ..db.schemas import MAX_ID


class UserPath(BaseModel):
    """Which user."""

    user_id: Annotated[int, Field(ge=1, le=MAX_ID)]
