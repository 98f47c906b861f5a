"""Routes of posts."""

from http import HTTPStatus
from typing import Annotated

from hotpath.db.keyset import Cursors
from hotpath.db.models import MAX_ID
from hotpath.wsgi import Response, Router, problem_responses, render
from pydantic import BaseModel, Field

from ..dependencies import get_resources
from . import service
from .schemas import PostCreate, PostListQuery, PostOut, PostPage

router = Router(tags=["posts"])


class UserPath(BaseModel):
    """Whose posts."""

    user_id: Annotated[int, Field(ge=1, le=MAX_ID)]


@router.get(
    "/users/<user_id>/posts",
    operation_id="list_posts",
    responses={200: PostPage, **problem_responses(404)},
)
def list_posts(path: UserPath, query: PostListQuery) -> Response:
    """List a user's posts, oldest first, a page at a time."""
    resources = get_resources()
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), f"posts:{path.user_id}")
    page = service.list_posts(resources.db, resources.loaders, cursors, path.user_id, query)
    return render(page)


@router.post(
    "/users/<user_id>/posts",
    operation_id="create_post",
    responses={201: PostOut, **problem_responses(404)},
)
def create_post(path: UserPath, body: PostCreate) -> Response:
    """Add a post of a user."""
    return render(
        service.create_post(get_resources().db, get_resources().cache, path.user_id, body),
        HTTPStatus.CREATED,
    )
