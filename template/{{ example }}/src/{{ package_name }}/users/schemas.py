"""What many users look like over HTTP."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from hotpath.db.models import MAX_ID, NO_NUL
from hotpath.schemas import Changes, CountedPage, ListQuery, Rows, UtcTime, unchanged
from pydantic import (
    BaseModel,
    EmailStr,
    Field,
    HttpUrl,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.functional_validators import AfterValidator

from ..posts.schemas import PostOut

_MAX_LENGTH = 254
_ATOM = "[A-Za-z0-9_+-]+"
_LABEL = r"(?=[A-Za-z0-9-]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\."
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL})+[A-Za-z]{{2,63}}")
_SPECIAL = tuple(sign + name for name in SPECIAL_USE_DOMAIN_NAMES for sign in "@.")


def _skip_if_plain(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Take addresses of the usual form as they are; the full check costs ten times the rest."""
    is_plain = isinstance(value, str) and len(value) <= _MAX_LENGTH and _PLAIN.fullmatch(value)
    if is_plain and not value.lower().endswith(_SPECIAL):
        return value
    return check(value)


Email = Annotated[EmailStr, WrapValidator(_skip_if_plain), AfterValidator(str.lower)]
"""An e-mail address in lower case, so that it is unique however it is written."""


Status = Literal["active", "inactive", "banned"]
STATUSES: tuple[Status, ...] = get_args(Status)
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_NUL),
]


class UserCreate(BaseModel, extra="forbid"):
    """A new user."""

    email: Email
    name: Name
    status: Status = "active"


class UserUpdate(Changes):
    """What to change; fields left out stay."""

    email: Email = unchanged()
    name: Name = unchanged()
    status: Status = unchanged()


class UserOut(BaseModel, from_attributes=True):
    """A user."""

    id: int
    email: str
    name: str
    status: Status
    created_at: datetime


class UserWithPosts(UserOut):
    """A user with their latest posts, newest first."""

    posts: list[PostOut]


class Avatar(BaseModel):
    """Where a picture of a user is."""

    url: HttpUrl


class UserListQuery(ListQuery):
    """Which users, and how many at a time."""

    status: Status | None = None
    created_after: UtcTime | None = None
    order: Literal["created_at", "-created_at"] | None = None
    count: bool = False
    include: Literal["posts"] | None = None


class UserPage(CountedPage[UserWithPosts | UserOut]):
    """A page of users; no `next_cursor` on the last one, `total` only if `count` asked for it."""


class UserChange(UserUpdate):
    """What to change of one user; fields left out stay."""

    id: Annotated[int, Field(ge=1, le=MAX_ID, strict=True)]


class NewUsers(Rows[UserCreate]):
    """New users."""


class UserChanges(Rows[UserChange]):
    """Changes of users, by id."""


class UsersInserted(BaseModel):
    """How many users are new."""

    inserted: int


class UsersUpdated(BaseModel):
    """How many users were changed, and which ids nobody has."""

    updated: int
    missing: list[int]


class StatusStats(BaseModel):
    """Users with one status; no age when there are none."""

    status: Status
    count: int
    average_age_days: float | None


class UserStats(BaseModel):
    """Users by status."""

    items: list[StatusStats]
