"""Figures of users."""

from ..users.stats import UserStats, read_stats
from .context import Given
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router(tags=["users"])


@router.get(
    "/users/stats",
    operation_id="read_user_stats",
    response_model=UserStats,
    responses=problem_responses(),
)
async def read_user_stats(resources: Given) -> Answer:
    """Count users by status, with their average age in days."""
    return render(await read_stats(resources.cache, resources.db))
