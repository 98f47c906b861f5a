"""Routes of posts."""

from typing import Annotated

from hotpath.db.models import MAX_ID
from hotpath.wsgi import Response, Router, problem_responses, render_created, render_json
from pydantic import BaseModel, Field

from ..dependencies import get_resources
from .schemas import PostCreate, PostListQuery, PostOut, PostPage
from .service import posts

router = Router(tags=["posts"])


class UserPath(BaseModel):
    """Whose posts."""

    user_id: Annotated[int, Field(ge=1, le=MAX_ID)]


@router.get("/users/<user_id>/posts", responses={200: PostPage, **problem_responses(404)})
def list_posts(path: UserPath, query: PostListQuery) -> Response:
    """List a user's posts, oldest first, a page at a time."""
    return render_json(posts.page(get_resources(), query, user_id=path.user_id))


@router.post("/users/<user_id>/posts", responses={201: PostOut, **problem_responses(404)})
def create_post(path: UserPath, body: PostCreate) -> Response:
    """Add a post of a user."""
    post = posts.create(get_resources(), body, user_id=path.user_id)
    return render_created(post.body)
