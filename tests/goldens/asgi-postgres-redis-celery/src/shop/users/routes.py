"""Routes of users; `/users/bulk` and the like come before `/users/{user_id}`."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Request
from fastapi import Response as FrameworkResponse
from hotpath.asgi import (
    IfNoneMatch,
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
from hotpath.db.models import MAX_ID
from hotpath.schemas import ExportQuery
from hotpath.tasks.model import TaskAccepted

from ..dependencies import ResourcesDep
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

UserId = Annotated[int, Path(ge=1, le=MAX_ID)]

router = Router(tags=["users"])


@router.post(
    "/users/bulk",
    status_code=201,
    response_model=UsersInserted,
    responses=problem_responses(409, 413),
)
async def create_users(body: NewUsers, resources: ResourcesDep) -> Response:
    """Add up to 10,000 users, all or none."""
    ids = await users.create_many(resources, body.root)
    return render(UsersInserted(inserted=len(ids)), HTTPStatus.CREATED)


@router.patch("/users/bulk", response_model=UsersUpdated, responses=problem_responses(409, 413))
async def update_users(body: UserChanges, resources: ResourcesDep) -> Response:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    updated = await users.update_many(resources, body.root)
    return render(UsersUpdated(updated=len(updated.found), missing=list(updated.missing)))


@router.get(
    "/users/export",
    response_class=FrameworkResponse,
    responses={**export_responses(UserOut), **problem_responses(503)},
)
async def export_users(
    query: Annotated[ExportQuery, Query()], request: Request, resources: ResourcesDep
) -> FrameworkResponse:
    """Stream all users by id, as they are at the start; a response that ends early is cut."""
    return await render_export(request, resources, users, query.format)


@router.get("/users/stats", response_model=UserStats, responses=problem_responses())
async def read_user_stats(resources: ResourcesDep) -> Response:
    """Count users by status, with their average age in days."""
    return render_json(await read_stats(resources.cache, resources.db))


@router.post("/users", status_code=201, response_model=UserOut, responses=problem_responses(409))
@hot
async def create_user(body: UserCreate, resources: ResourcesDep) -> Response:
    """Add a user."""
    user = await users.create(resources, body)
    return render_created(user.body, f"/users/{user.id}")


@router.get("/users", response_model=UserPage, responses=problem_responses())
@hot
async def list_users(query: Annotated[UserListQuery, Query()], resources: ResourcesDep) -> Response:
    """List users in an `order`, a page at a time.

    Without one they are by id, or with `created_after` by the time they were added.
    A cursor leads on in the order of the page it came with, and in no other.
    """
    return render_json(await users.page(resources, query))


@router.get("/users/{user_id}", response_model=UserOut, responses=problem_responses(404))
@hot
async def read_user(
    user_id: UserId, resources: ResourcesDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Return one user, with an ETag."""
    return render_cacheable(await users.get(resources, user_id), if_none_match)


@router.get(
    "/users/{user_id}/avatar",
    response_model=Avatar,
    responses=problem_responses(404, 502, 503, 504),
)
async def read_user_avatar(user_id: UserId, resources: ResourcesDep) -> Response:
    """Tell where a picture of a user is, as another service says."""
    return render(await read_avatar(resources, user_id))


@router.patch("/users/{user_id}", response_model=UserOut, responses=problem_responses(404, 409))
async def update_user(user_id: UserId, body: UserUpdate, resources: ResourcesDep) -> Response:
    """Change the fields that are given."""
    return render_json(await users.update(resources, user_id, body))


@router.delete("/users/{user_id}", status_code=204, responses=problem_responses(404))
async def delete_user(user_id: UserId, resources: ResourcesDep) -> Response:
    """Delete a user and their posts."""
    await users.delete(resources, user_id)
    return render_nothing()


@router.post(
    "/users/{user_id}/welcome",
    status_code=202,
    response_model=TaskAccepted,
    responses=problem_responses(404, 503),
)
async def welcome_user(user_id: UserId, resources: ResourcesDep) -> Response:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    task_id = await enqueue_welcome(resources, user_id)
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
