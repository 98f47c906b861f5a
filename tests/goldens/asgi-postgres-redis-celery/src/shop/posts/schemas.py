"""What posts look like over HTTP."""

from datetime import datetime
from typing import Annotated

from hotpath.db.models import NO_NUL
from pydantic import BaseModel, Field, StringConstraints


class PostCreate(BaseModel, extra="forbid"):
    """A new post."""

    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL),
    ]
    body: Annotated[str, StringConstraints(max_length=20_000, pattern=NO_NUL)]


class PostOut(BaseModel, from_attributes=True):
    """A post."""

    id: int
    user_id: int
    title: str
    body: str
    created_at: datetime


class PostListQuery(BaseModel, extra="forbid"):
    """How many posts at a time, and from where."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None


class PostPage(BaseModel):
    """A page of posts, oldest first; no `next_cursor` on the last one."""

    items: list[PostOut]
    next_cursor: str | None
