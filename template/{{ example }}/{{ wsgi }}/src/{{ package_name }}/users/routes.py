"""Routes of users; `/users/bulk` and the like come before `/users/{user_id}`."""

from http import HTTPStatus
from typing import Annotated

from flask import Response as FrameworkResponse
from hotpath.db.models import MAX_ID
from hotpath.schemas import ExportQuery
from hotpath.tasks.model import TaskAccepted
from hotpath.wsgi import (
    Response,
    Router,
    export_responses,
    hot,
    problem_responses,
    render,
    render_cacheable,
    render_created,
    render_export,
    render_json,
    render_nothing,
)
from pydantic import BaseModel, Field

from ..dependencies import get_resources
from .schemas import (
    Avatar,
    NewUsers,
    UserChanges,
    UserCreate,
    UserListQuery,
    UserOut,
    UserPage,
    UsersInserted,
    UserStats,
    UsersUpdated,
    UserUpdate,
)
from .service import read_avatar, read_stats, users
from .tasks import enqueue_welcome


class UserPath(BaseModel):
    """Which user."""

    user_id: Annotated[int, Field(ge=1, le=MAX_ID)]


router = Router(tags=["users"])


@router.post("/users/bulk", responses={201: UsersInserted, **problem_responses(409, 413)})
def create_users(body: NewUsers) -> Response:
    """Add up to 10,000 users, all or none."""
    ids = users.create_many(get_resources(), body.root)
    return render(UsersInserted(inserted=len(ids)), HTTPStatus.CREATED)


@router.patch("/users/bulk", responses={200: UsersUpdated, **problem_responses(409, 413)})
def update_users(body: UserChanges) -> Response:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    updated = users.update_many(get_resources(), body.root)
    return render(UsersUpdated(updated=len(updated.found), missing=list(updated.missing)))


@router.get("/users/export", responses={**export_responses(UserOut), **problem_responses(503)})
def export_users(query: ExportQuery) -> FrameworkResponse:
    """Stream all users by id, as they are at the start; a response that ends early is cut."""
    return render_export(get_resources(), users, query.format)


@router.get("/users/stats", responses={200: UserStats, **problem_responses()})
def read_user_stats() -> Response:
    """Count users by status, with their average age in days."""
    resources = get_resources()
    return render_json(read_stats(resources.cache, resources.db))


@router.post("/users", responses={201: UserOut, **problem_responses(409)})
@hot
def create_user(body: UserCreate) -> Response:
    """Add a user."""
    user = users.create(get_resources(), body)
    return render_created(user.body, f"/users/{user.id}")


@router.get("/users", responses={200: UserPage, **problem_responses()})
@hot
def list_users(query: UserListQuery) -> Response:
    """List users in an `order`, a page at a time.

    Without one they are by id, or with `created_after` by the time they were added.
    A cursor leads on in the order of the page it came with, and in no other.
    """
    return render_json(users.page(get_resources(), query))


@router.get("/users/<user_id>", responses={200: UserOut, **problem_responses(404)})
@hot
def read_user(path: UserPath) -> Response:
    """Return one user, with an ETag."""
    return render_cacheable(users.get(get_resources(), path.user_id))


@router.get(
    "/users/<user_id>/avatar", responses={200: Avatar, **problem_responses(404, 502, 503, 504)}
)
def read_user_avatar(path: UserPath) -> Response:
    """Tell where a picture of a user is, as another service says."""
    return render(read_avatar(get_resources(), path.user_id))


@router.patch("/users/<user_id>", responses={200: UserOut, **problem_responses(404, 409)})
def update_user(path: UserPath, body: UserUpdate) -> Response:
    """Change the fields that are given."""
    return render_json(users.update(get_resources(), path.user_id, body))


@router.delete("/users/<user_id>", responses={204: None, **problem_responses(404)})
def delete_user(path: UserPath) -> Response:
    """Delete a user and their posts."""
    users.delete(get_resources(), path.user_id)
    return render_nothing()


@router.post(
    "/users/<user_id>/welcome", responses={202: TaskAccepted, **problem_responses(404, 503)}
)
def welcome_user(path: UserPath) -> Response:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    task_id = enqueue_welcome(get_resources(), path.user_id)
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
