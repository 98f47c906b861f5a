"""Routes of posts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from ..db.paging import Cursors
from ..posts import service
from ..posts.schemas import PostCreate, PostListQuery, PostOut, PostPage
from .context import Given
from .paths import UserId
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router(tags=["posts"])


@router.get(
    "/users/{user_id}/posts",
    operation_id="list_posts",
    response_model=PostPage,
    responses=problem_responses(404),
)
async def list_posts(
    user_id: UserId, query: Annotated[PostListQuery, Query()], resources: Given
) -> Answer:
    """List a user's posts, oldest first, a page at a time."""
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), f"posts:{user_id}")
    page = await service.list_posts(resources.db, resources.lookups, cursors, user_id, query)
    return render(page)


@router.post(
    "/users/{user_id}/posts",
    operation_id="create_post",
    status_code=201,
    response_model=PostOut,
    responses=problem_responses(404),
)
async def create_post(user_id: UserId, body: PostCreate, resources: Given) -> Answer:
    """Add a post of a user."""
    return render(
        await service.create_post(resources.db, resources.cache, user_id, body), HTTPStatus.CREATED
    )
