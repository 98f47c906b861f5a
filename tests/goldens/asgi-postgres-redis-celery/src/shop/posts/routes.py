"""Routes of posts."""

from typing import Annotated

from fastapi import Path, Query
from hotpath.asgi import Response, Router, problem_responses, render_created, render_json
from hotpath.db.models import MAX_ID

from ..dependencies import ResourcesDep
from .schemas import PostCreate, PostListQuery, PostOut, PostPage
from .service import posts

UserId = Annotated[int, Path(ge=1, le=MAX_ID)]

router = Router(tags=["posts"])


@router.get("/users/{user_id}/posts", response_model=PostPage, responses=problem_responses(404))
async def list_posts(
    user_id: UserId, query: Annotated[PostListQuery, Query()], resources: ResourcesDep
) -> Response:
    """List a user's posts, oldest first, a page at a time."""
    return render_json(await posts.page(resources, query, user_id=user_id))


@router.post(
    "/users/{user_id}/posts",
    status_code=201,
    response_model=PostOut,
    responses=problem_responses(404),
)
async def create_post(user_id: UserId, body: PostCreate, resources: ResourcesDep) -> Response:
    """Add a post of a user."""
    post = await posts.create(resources, body, user_id=user_id)
    return render_created(post.body)
