"""Routes of many users at once."""

from http import HTTPStatus

from flask_openapi3 import Tag

from ..users import bulk
from ..users.rows import NewUsers, UserChanges, UsersInserted, UsersUpdated
from .context import given
from .parsing import expect_rows
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router("bulk_users", __name__, abp_tags=[Tag(name="users")])
router.before_request(expect_rows)


@router.post(
    "/users/bulk",
    operation_id="create_users",
    responses={201: UsersInserted, **problem_responses(409, 413)},
)
def create_users(body: NewUsers) -> Answer:
    """Add up to 10,000 users, all or none."""
    resources = given()
    inserted = bulk.create_users(resources.db, resources.cache, body)
    return render(inserted, HTTPStatus.CREATED)


@router.patch(
    "/users/bulk",
    operation_id="update_users",
    responses={200: UsersUpdated, **problem_responses(409, 413)},
)
def update_users(body: UserChanges) -> Answer:
    """Change the fields that are given of up to 10,000 users.

    Ids that nobody has are listed; any other fault, and nothing is changed. Two users cannot swap
    their addresses in one request.
    """
    resources = given()
    return render(bulk.update_users(resources.db, resources.cache, body))
