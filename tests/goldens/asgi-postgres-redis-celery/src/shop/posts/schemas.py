"""What posts look like over HTTP."""

from datetime import datetime
from typing import Annotated

from hotpath.db.models import NO_NUL
from hotpath.schemas import ListQuery, Page
from pydantic import BaseModel, StringConstraints


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


class PostListQuery(ListQuery):
    """How many posts at a time, and from where."""


class PostPage(Page[PostOut]):
    """A page of posts, oldest first; no `next_cursor` on the last one."""
