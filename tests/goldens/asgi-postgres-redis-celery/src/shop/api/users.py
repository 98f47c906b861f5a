"""Routes of users."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from ..db.paging import Cursors
from ..tasks.schemas import TaskAccepted
from ..users import service
from ..users.pages import read_page
from ..users.schemas import UserCreate, UserListQuery, UserOut, UserPage, UserUpdate
from ..users.tasks import send_welcome
from .context import Given, IfNoneMatch
from .hot import hot
from .paths import UserId
from .problems import problem_responses
from .render import Answer, render, render_cacheable, render_created, render_json, render_nothing
from .routing import Router

router = Router(tags=["users"])


@router.post(
    "/users",
    operation_id="create_user",
    status_code=201,
    response_model=UserOut,
    responses=problem_responses(409),
)
@hot
async def create_user(body: UserCreate, resources: Given) -> Answer:
    """Add a user."""
    user = await service.create_user(resources.lookups, resources.cache, body)
    return render_created(user.body, f"/users/{user.id}")


@router.get(
    "/users",
    operation_id="list_users",
    response_model=UserPage,
    responses=problem_responses(),
)
@hot
async def list_users(query: Annotated[UserListQuery, Query()], resources: Given) -> Answer:
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
async def read_user(user_id: UserId, resources: Given, if_none_match: IfNoneMatch = None) -> Answer:
    """Return one user, with an ETag."""
    user = await service.read_user(resources.lookups, resources.cache, user_id)
    return render_cacheable(user, if_none_match)


@router.patch(
    "/users/{user_id}",
    operation_id="update_user",
    response_model=UserOut,
    responses=problem_responses(404, 409),
)
async def update_user(user_id: UserId, body: UserUpdate, resources: Given) -> Answer:
    """Change the fields that are given."""
    return render(await service.update_user(resources.db, resources.cache, user_id, body))


@router.delete(
    "/users/{user_id}",
    operation_id="delete_user",
    status_code=204,
    responses=problem_responses(404),
)
async def delete_user(user_id: UserId, resources: Given) -> Answer:
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
async def welcome_user(user_id: UserId, resources: Given) -> Answer:
    """Send a welcome, later; `/tasks/{task_id}` tells how it went."""
    await service.read_user(resources.lookups, resources.cache, user_id)
    task_id = await resources.queue.submit(send_welcome, {"user_id": user_id})
    headers = {"location": f"/tasks/{task_id}"}
    return render(TaskAccepted(task_id=task_id), HTTPStatus.ACCEPTED, headers)
