"""Routes of users; `/users/bulk` and the like come before `/users/{user_id}`."""

from http import HTTPStatus
from typing import Annotated

from flask import Response as FrameworkResponse
from hotpath.db.keyset import Cursors
from hotpath.db.models import MAX_ID
from hotpath.tasks.model import TaskAccepted
from hotpath.wsgi import (
    BulkRouter,
    Response,
    Router,
    hot,
    problem_responses,
    render,
    render_cacheable,
    render_created,
    render_json,
    render_nothing,
    render_stream,
)
from pydantic import BaseModel, Field

from ..dependencies import get_resources
from . import bulk, service
from .pages import MEDIA_TYPES, export_responses, export_users, read_page
from .schemas import (
    NewUsers,
    UserChanges,
    UserCreate,
    UserExportQuery,
    UserListQuery,
    UserOut,
    UserPage,
    UsersInserted,
    UsersUpdated,
    UserUpdate,
)
from .service import UserStats, read_stats
from .tasks import send_welcome


class UserPath(BaseModel):
    """Which user."""

    user_id: Annotated[int, Field(ge=1, le=MAX_ID)]


bulk_router = BulkRouter(tags=["users"])
router = Router(tags=["users"])


@bulk_router.post(
    "/users/bulk",
    operation_id="create_users",
    responses={201: UsersInserted, **problem_responses(409, 413)},
)
def create_users(body: NewUsers) -> Response:
    """Add up to 10,000 users, all or none."""
    resources = get_resources()
    inserted = bulk.create_users(resources.db, resources.cache, body)
    return render(inserted, HTTPStatus.CREATED)


@bulk_router.patch(
    "/users/bulk",
    operation_id="update_users",
    responses={200: UsersUpdated, **problem_responses(409, 413)},
)
def update_users(body: UserChanges) -> Response:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    resources = get_resources()
    return render(bulk.update_users(resources.db, resources.cache, body))


@router.get(
    "/users/export",
    operation_id="export_users",
    responses={**export_responses(), **problem_responses(503)},
)
def read_export(query: UserExportQuery) -> FrameworkResponse:
    """Stream all users by id, as they are at the start; a response that ends early is cut."""
    pieces = export_users(get_resources().db, query.format)
    return render_stream(pieces, MEDIA_TYPES[query.format])


@router.get(
    "/users/stats",
    operation_id="read_user_stats",
    responses={200: UserStats, **problem_responses()},
)
def read_user_stats() -> Response:
    """Count users by status, with their average age in days."""
    resources = get_resources()
    return render(read_stats(resources.cache, resources.db))


@router.post(
    "/users",
    operation_id="create_user",
    responses={201: UserOut, **problem_responses(409)},
)
@hot
def create_user(body: UserCreate) -> Response:
    """Add a user."""
    resources = get_resources()
    user = service.create_user(resources.loaders, resources.cache, body)
    return render_created(user.body, f"/users/{user.id}")


@router.get(
    "/users",
    operation_id="list_users",
    responses={200: UserPage, **problem_responses()},
)
@hot
def list_users(query: UserListQuery) -> Response:
    """List users by id, a page at a time; with `created_after` by the time they were added.

    A cursor leads on in the order of the page it came with, and in no other.
    """
    resources = get_resources()
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), "users")
    page = read_page(resources.db, resources.cache, cursors, query)
    return render_json(page)


@router.get(
    "/users/<user_id>",
    operation_id="read_user",
    responses={200: UserOut, **problem_responses(404)},
)
@hot
def read_user(path: UserPath) -> Response:
    """Return one user, with an ETag."""
    resources = get_resources()
    return render_cacheable(service.read_user(resources.loaders, resources.cache, path.user_id))


@router.patch(
    "/users/<user_id>",
    operation_id="update_user",
    responses={200: UserOut, **problem_responses(404, 409)},
)
def update_user(path: UserPath, body: UserUpdate) -> Response:
    """Change the fields that are given."""
    resources = get_resources()
    return render(service.update_user(resources.db, resources.cache, path.user_id, body))


@router.delete(
    "/users/<user_id>",
    operation_id="delete_user",
    responses={204: None, **problem_responses(404)},
)
def delete_user(path: UserPath) -> Response:
    """Delete a user and their posts."""
    resources = get_resources()
    service.delete_user(resources.db, resources.cache, path.user_id)
    return render_nothing()


@router.post(
    "/users/<user_id>/welcome",
    operation_id="welcome_user",
    responses={202: TaskAccepted, **problem_responses(404, 503)},
)
def welcome_user(path: UserPath) -> Response:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    resources = get_resources()
    service.read_user(resources.loaders, resources.cache, path.user_id)
    task_id = resources.queue.submit(send_welcome, {"user_id": path.user_id})
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
