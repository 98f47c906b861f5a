"""Routes of posts."""

from http import HTTPStatus

from flask_openapi3 import Tag

from ..db.paging import Cursors
from ..posts import service
from ..posts.schemas import PostCreate, PostListQuery, PostOut, PostPage
from .context import given
from .paths import UserPath
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router("posts", __name__, abp_tags=[Tag(name="posts")])


@router.get(
    "/users/<user_id>/posts",
    operation_id="list_posts",
    responses={200: PostPage, **problem_responses(404)},
)
def list_posts(path: UserPath, query: PostListQuery) -> Answer:
    """List a user's posts, oldest first, a page at a time."""
    resources = given()
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), f"posts:{path.user_id}")
    page = service.list_posts(resources.db, resources.lookups, cursors, path.user_id, query)
    return render(page)


@router.post(
    "/users/<user_id>/posts",
    operation_id="create_post",
    responses={201: PostOut, **problem_responses(404)},
)
def create_post(path: UserPath, body: PostCreate) -> Answer:
    """Add a post of a user."""
    return render(
        service.create_post(given().db, given().cache, path.user_id, body), HTTPStatus.CREATED
    )
