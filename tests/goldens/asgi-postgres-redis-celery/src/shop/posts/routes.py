"""Routes of posts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from hotpath.asgi import Response, Router, problem_responses, render
from hotpath.db.keyset import Cursors
from hotpath.db.models import MAX_ID

from ..dependencies import ResourcesDep
from . import service
from .schemas import PostCreate, PostListQuery, PostOut, PostPage

router = Router(tags=["posts"])

UserId = Annotated[int, Path(ge=1, le=MAX_ID)]
"""Whose posts."""


@router.get(
    "/users/{user_id}/posts",
    operation_id="list_posts",
    response_model=PostPage,
    responses=problem_responses(404),
)
async def list_posts(
    user_id: UserId, query: Annotated[PostListQuery, Query()], resources: ResourcesDep
) -> Response:
    """List a user's posts, oldest first, a page at a time."""
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), f"posts:{user_id}")
    page = await service.list_posts(resources.db, resources.loaders, cursors, user_id, query)
    return render(page)


@router.post(
    "/users/{user_id}/posts",
    operation_id="create_post",
    status_code=201,
    response_model=PostOut,
    responses=problem_responses(404),
)
async def create_post(user_id: UserId, body: PostCreate, resources: ResourcesDep) -> Response:
    """Add a post of a user."""
    return render(
        await service.create_post(resources.db, resources.cache, user_id, body), HTTPStatus.CREATED
    )
