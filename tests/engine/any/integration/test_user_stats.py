"""Figures of users: every status, by one query."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from hotpath.aio.repository import aggregate
from hotpath.db.models import utc_now
from hotpath.features import Misdeclared
from pydantic import BaseModel
from sqlalchemy import delete, func

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.schemas import UserStats
from package_name.users.service import read_stats, users

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

    body = await read_stats.refresh(resources.cache, resources.db)

    active, *others = UserStats.model_validate_json(body).items
    assert (active.status, active.count) == ("active", 2)
    assert active.average_age_days == pytest.approx(2.875, abs=0.01)
    assert [(item.count, item.average_age_days) for item in others] == [(0, None)] * 2


class PlaceStats(BaseModel):
    """Users of a name."""

    name: str
    count: int
    latest: datetime


async def test_without_groups_there_are_those_that_rows_have(resources: Resources) -> None:
    read = aggregate(
        users,
        PlaceStats,
        by=User.name,
        figures={"count": func.count(), "latest": func.max(User.created_at)},
        name=f"names_{unique_email()}".partition("@")[0],
    )
    async with resources.db.writing() as session:
        await session.execute(delete(User))
        for name in ("Bob", "Ada", "Bob"):
            session.add(User(email=unique_email(), name=name))

    found = json.loads(await read(resources.cache, resources.db))

    assert [(item["name"], item["count"]) for item in found["items"]] == [("Ada", 1), ("Bob", 2)]


def test_figures_that_the_schema_lacks_are_a_sentence() -> None:
    with pytest.raises(Misdeclared, match="PlaceStats has the fields name, count, latest; name, n"):
        aggregate(users, PlaceStats, by=User.name, figures={"n": func.count()}, name="names")
