"""What many users look like over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, RootModel

from ..db.schemas import MAX_ID
from .schemas import UserCreate, UserUpdate

MAX_ROWS = 10_000
"""Users in one request."""


class UserChange(UserUpdate, extra="forbid"):
    """What to change of one user; fields left out stay."""

    id: Annotated[int, Field(ge=1, le=MAX_ID, strict=True)]


def _bounded(rows: Any) -> Any:
    if isinstance(rows, list) and not 1 <= len(rows) <= MAX_ROWS:
        raise ValueError(f"{len(rows)} rows, at least 1 and at most {MAX_ROWS}")
    return rows


_Bounds = Field(min_length=1, max_length=MAX_ROWS)


class NewUsers(RootModel[Annotated[list[UserCreate], _Bounds, BeforeValidator(_bounded)]]):
    """New users."""


class UserChanges(RootModel[Annotated[list[UserChange], _Bounds, BeforeValidator(_bounded)]]):
    """Changes of users, by id."""


class UsersInserted(BaseModel):
    """How many users are new."""

    inserted: int


class UsersUpdated(BaseModel):
    """How many users were changed, and which ids nobody has."""

    updated: int
    missing: list[int]
