"""Routes of users."""

from http import HTTPStatus

from flask import Response
from flask_openapi3 import Tag

from ..db.paging import Cursors
from ..tasks.schemas import TaskAccepted
from ..users import service
from ..users.pages import read_page
from ..users.schemas import UserCreate, UserListQuery, UserOut, UserPage, UserUpdate
from ..users.tasks import send_welcome
from .context import given
from .hot import hot
from .paths import UserPath
from .problems import problem_responses
from .render import Answer, render, render_cacheable, render_created, render_json, render_nothing
from .routing import Router

router = Router("users", __name__, abp_tags=[Tag(name="users")])


@router.post(
    "/users",
    operation_id="create_user",
    responses={201: UserOut, **problem_responses(409)},
)
@hot
def create_user(body: UserCreate) -> Answer:
    """Add a user."""
    resources = given()
    user = service.create_user(resources.lookups, resources.cache, body)
    return render_created(user.body, f"/users/{user.id}")


@router.get(
    "/users",
    operation_id="list_users",
    responses={200: UserPage, **problem_responses()},
)
@hot
def list_users(query: UserListQuery) -> Answer:
    """List users by id, a page at a time; with `created_after` by the time they were added.

    A cursor leads on in the order of the page it came with, and in no other.
    """
    resources = given()
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), "users")
    page = read_page(resources.db, resources.cache, cursors, query)
    return render_json(page)


@router.get(
    "/users/<user_id>",
    operation_id="read_user",
    responses={200: UserOut, **problem_responses(404)},
)
@hot
def read_user(path: UserPath) -> Answer:
    """Return one user, with an ETag."""
    resources = given()
    return render_cacheable(service.read_user(resources.lookups, resources.cache, path.user_id))


@router.patch(
    "/users/<user_id>",
    operation_id="update_user",
    responses={200: UserOut, **problem_responses(404, 409)},
)
def update_user(path: UserPath, body: UserUpdate) -> Answer:
    """Change the fields that are given."""
    resources = given()
    return render(service.update_user(resources.db, resources.cache, path.user_id, body))


@router.delete(
    "/users/<user_id>",
    operation_id="delete_user",
    responses={204: None, **problem_responses(404)},
)
def delete_user(path: UserPath) -> Response:
    """Delete a user and their posts."""
    resources = given()
    service.delete_user(resources.db, resources.cache, path.user_id)
    return render_nothing()


@router.post(
    "/users/<user_id>/welcome",
    operation_id="welcome_user",
    responses={202: TaskAccepted, **problem_responses(404, 503)},
)
def welcome_user(path: UserPath) -> Answer:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    resources = given()
    service.read_user(resources.lookups, resources.cache, path.user_id)
    task_id = resources.queue.submit(send_welcome, {"user_id": path.user_id})
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
