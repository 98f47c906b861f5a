"""Routes of many users at once."""

from http import HTTPStatus

from fastapi import APIRouter

from ..users import bulk
from ..users.rows import NewUsers, UserChanges, UsersInserted, UsersUpdated
from .context import Given
from .problems import problem_responses
from .render import Answer, render
from .rows import RowsRoute

router = APIRouter(tags=["users"], route_class=RowsRoute)


@router.post(
    "/users/bulk",
    operation_id="create_users",
    status_code=201,
    response_model=UsersInserted,
    responses=problem_responses(409, 413),
)
async def create_users(body: NewUsers, resources: Given) -> Answer:
    """Add up to 10,000 users, all or none."""
    inserted = await bulk.create_users(resources.db, resources.cache, body)
    return render(inserted, HTTPStatus.CREATED)


@router.patch(
    "/users/bulk",
    operation_id="update_users",
    response_model=UsersUpdated,
    responses=problem_responses(409, 413),
)
async def update_users(body: UserChanges, resources: Given) -> Answer:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    return render(await bulk.update_users(resources.db, resources.cache, body))
