"""Figures of users."""

from flask_openapi3 import Tag

from ..users.stats import UserStats, read_stats
from .context import given
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router("user_stats", __name__, abp_tags=[Tag(name="users")])


@router.get(
    "/users/stats",
    operation_id="read_user_stats",
    responses={200: UserStats, **problem_responses()},
)
def read_user_stats() -> Answer:
    """Count users by status, with their average age in days."""
    resources = given()
    return render(read_stats(resources.cache, resources.db))
