"""What many users look like over HTTP."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, get_args

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from hotpath.db.models import MAX_ID, NO_NUL
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    EmailStr,
    Field,
    RootModel,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
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
ExportFormat = Literal["ndjson", "json"]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_NUL),
]


class UserCreate(BaseModel, extra="forbid"):
    """A new user."""

    email: Email
    name: Name
    status: Status = "active"


class UserUpdate(BaseModel, extra="forbid"):
    """What to change; fields left out stay."""

    # By factories, or the description would offer the defaults to clients that fill them in.
    email: Email = Field(default_factory=str)
    name: Name = Field(default_factory=str)
    status: Status = Field(default_factory=lambda: "active")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.model_fields_set.isdisjoint(UserUpdate.model_fields):
            raise ValueError("at least one of email, name, status is needed")
        return self


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


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


class UserListQuery(BaseModel, extra="forbid"):
    """Which users, and how many at a time."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None
    status: Status | None = None
    created_after: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None
    count: bool = False
    include: Literal["posts"] | None = None


class UserExportQuery(BaseModel, extra="forbid"):
    """How to write all users."""

    format: ExportFormat = "ndjson"


class UserPage(BaseModel):
    """A page of users; no `next_cursor` on the last one, `total` only if `count` asked for it."""

    items: list[UserWithPosts | UserOut]
    next_cursor: str | None
    total: int | None


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
