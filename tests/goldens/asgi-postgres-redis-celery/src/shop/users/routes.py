"""Routes of users; `/users/bulk` and the like come before `/users/{user_id}`."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Request
from fastapi import Response as FrameworkResponse
from hotpath.asgi import (
    BulkRouter,
    IfNoneMatch,
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
from hotpath.db.keyset import Cursors
from hotpath.db.models import MAX_ID
from hotpath.tasks.model import TaskAccepted

from ..dependencies import ResourcesDep
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

UserId = Annotated[int, Path(ge=1, le=MAX_ID)]
"""Which user."""

bulk_router = BulkRouter(tags=["users"])
router = Router(tags=["users"])


@bulk_router.post(
    "/users/bulk",
    operation_id="create_users",
    status_code=201,
    response_model=UsersInserted,
    responses=problem_responses(409, 413),
)
async def create_users(body: NewUsers, resources: ResourcesDep) -> Response:
    """Add up to 10,000 users, all or none."""
    inserted = await bulk.create_users(resources.db, resources.cache, body)
    return render(inserted, HTTPStatus.CREATED)


@bulk_router.patch(
    "/users/bulk",
    operation_id="update_users",
    response_model=UsersUpdated,
    responses=problem_responses(409, 413),
)
async def update_users(body: UserChanges, resources: ResourcesDep) -> Response:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    return render(await bulk.update_users(resources.db, resources.cache, body))


@router.get(
    "/users/export",
    operation_id="export_users",
    response_class=FrameworkResponse,
    responses={**export_responses(), **problem_responses(503)},
)
async def read_export(
    query: Annotated[UserExportQuery, Query()], request: Request, resources: ResourcesDep
) -> FrameworkResponse:
    """Stream all users by id, as they are at the start; a response that ends early is cut."""
    pieces = await export_users(resources.db, query.format)
    stall_s = resources.settings.server.stream_stall_s
    return render_stream(request, pieces, MEDIA_TYPES[query.format], stall_s)


@router.get(
    "/users/stats",
    operation_id="read_user_stats",
    response_model=UserStats,
    responses=problem_responses(),
)
async def read_user_stats(resources: ResourcesDep) -> Response:
    """Count users by status, with their average age in days."""
    return render(await read_stats(resources.cache, resources.db))


@router.post(
    "/users",
    operation_id="create_user",
    status_code=201,
    response_model=UserOut,
    responses=problem_responses(409),
)
@hot
async def create_user(body: UserCreate, resources: ResourcesDep) -> Response:
    """Add a user."""
    user = await service.create_user(resources.loaders, resources.cache, body)
    return render_created(user.body, f"/users/{user.id}")


@router.get(
    "/users",
    operation_id="list_users",
    response_model=UserPage,
    responses=problem_responses(),
)
@hot
async def list_users(query: Annotated[UserListQuery, Query()], resources: ResourcesDep) -> Response:
    """List users by id, a page at a time; with `created_after` by the time they were added.

    A cursor leads on in the order of the page it came with, and in no other.
    """
    cursors = Cursors(resources.settings.secret_key.get_secret_value(), "users")
    page = await read_page(resources.db, resources.cache, cursors, query)
    return render_json(page)


@router.get(
    "/users/{user_id}",
    operation_id="read_user",
    response_model=UserOut,
    responses=problem_responses(404),
)
@hot
async def read_user(
    user_id: UserId, resources: ResourcesDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Return one user, with an ETag."""
    user = await service.read_user(resources.loaders, resources.cache, user_id)
    return render_cacheable(user, if_none_match)


@router.patch(
    "/users/{user_id}",
    operation_id="update_user",
    response_model=UserOut,
    responses=problem_responses(404, 409),
)
async def update_user(user_id: UserId, body: UserUpdate, resources: ResourcesDep) -> Response:
    """Change the fields that are given."""
    return render(await service.update_user(resources.db, resources.cache, user_id, body))


@router.delete(
    "/users/{user_id}",
    operation_id="delete_user",
    status_code=204,
    responses=problem_responses(404),
)
async def delete_user(user_id: UserId, resources: ResourcesDep) -> Response:
    """Delete a user and their posts."""
    await service.delete_user(resources.db, resources.cache, user_id)
    return render_nothing()


@router.post(
    "/users/{user_id}/welcome",
    operation_id="welcome_user",
    status_code=202,
    response_model=TaskAccepted,
    responses=problem_responses(404, 503),
)
async def welcome_user(user_id: UserId, resources: ResourcesDep) -> Response:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    await service.read_user(resources.loaders, resources.cache, user_id)
    task_id = await resources.queue.submit(send_welcome, {"user_id": user_id})
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
