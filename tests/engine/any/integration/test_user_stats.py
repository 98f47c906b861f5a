"""Figures of users: every status, by one query."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hotpath.db.models import utc_now
from sqlalchemy import delete

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.service import stats_in

from ..users import add_user, unique_email

STATUSES = ["active", "inactive", "banned"]


def stats_of(http: httpx2.Client) -> dict[str, dict[str, Any]]:
    """Return status → figures, as they are answered."""
    answer = http.get("/users/stats")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [list(item) for item in items] == [["status", "count", "average_age_days"]] * 3
    assert [item["status"] for item in items] == STATUSES
    return {item.pop("status"): item for item in items}


def test_every_user_is_counted_by_status(http: httpx2.Client) -> None:
    before = stats_of(http)

    for status, count in (("active", 1), ("inactive", 2), ("banned", 3)):
        for _ in range(count):
            add_user(http, status=status)

    after = stats_of(http)
    more = [after[status]["count"] - before[status]["count"] for status in STATUSES]
    assert more == [1, 2, 3]


async def test_ages_are_averaged_in_days_and_none_without_users(resources: Resources) -> None:
    async with resources.db.writing() as session:
        await session.execute(delete(User))
        for days in (1.5, 4.25):
            created_at = utc_now() - timedelta(days=days)
            session.add(User(email=unique_email(), name="Ada", created_at=created_at))
        await session.flush()
        active, *others = (await stats_in(session)).items
        await session.rollback()

    assert (active.status, active.count) == ("active", 2)
    assert active.average_age_days == pytest.approx(2.875, abs=0.01)
    assert [(item.count, item.average_age_days) for item in others] == [(0, None)] * 2
