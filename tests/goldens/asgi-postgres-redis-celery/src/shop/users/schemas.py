"""What users look like over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator
from pydantic.functional_validators import AfterValidator

from ..db.schemas import NO_NUL
from ..posts.schemas import PostOut
from .emails import Email

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
