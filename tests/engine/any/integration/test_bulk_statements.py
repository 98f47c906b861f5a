"""Bulk statements: one for any number of rows, in the transaction of ORM code."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hotpath.aio.db.bulk import insert_rows, update_rows, upsert_rows
from hotpath.db.models import utc_now
from hotpath.testing.queries import count_queries
from sqlalchemy import String, cast, select

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.schemas import NewUsers, UserChanges
from package_name.users.service import users

from ..users import unique_email

MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone(timedelta(hours=5)))


class Undone(Exception):
    """Ends a transaction."""


def new_rows(count: int) -> list[dict[str, Any]]:
    """Return users that nobody has added."""
    return [{"email": unique_email(), "name": "Ada", "status": "active"} for _ in range(count)]


async def users_with(resources: Resources, *emails: str) -> list[User]:
    """Return the users with these addresses."""
    async with resources.db.reading() as session:
        chosen = select(User).where(User.email.in_(emails)).order_by(User.id)
        return list((await session.scalars(chosen)).all())


@pytest.mark.parametrize("count", [1, 1500])
async def test_any_number_of_rows_costs_one_statement(resources: Resources, count: int) -> None:
    rows = new_rows(count)
    with count_queries() as inserting:
        await users.create_many(resources, NewUsers.model_validate(rows).root)
    ids = [user.id for user in await users_with(resources, *(row["email"] for row in rows[:900]))]
    changes = [{"id": user_id, "name": "B"} for user_id in ids]
    with count_queries() as updating:
        await users.update_many(resources, UserChanges.model_validate(changes).root)

    assert (len(inserting), len(updating)) == (1, 1)


async def test_bulk_and_orm_share_a_transaction(resources: Resources) -> None:
    plain = User(email=unique_email(), name="Plain")
    rows = new_rows(2)
    emails = [row["email"] for row in rows]

    async with resources.db.writing() as session:
        session.add(plain)  # not flushed yet
        with session.no_autoflush:
            same = [{**rows[0], "email": plain.email}]
            taken = await insert_rows(session, User, same, User.email)
        ids = await insert_rows(session, User, rows, User.email)
        seen = await session.get_one(User, ids[emails[1]])
        seen.name, seen.status = "By the ORM", "inactive"  # not flushed yet
        with session.no_autoflush:
            found = await update_rows(session, User, [{"id": seen.id, "status": "banned"}])
        await session.refresh(seen)
        kept = (seen.name, seen.status)

    assert taken == {}
    assert found == {seen.id}
    assert kept == ("By the ORM", "banned")
    names = [user.name for user in await users_with(resources, plain.email, *emails)]
    assert sorted(names) == ["Ada", "By the ORM", "Plain"]


async def test_an_error_undoes_both(resources: Resources) -> None:
    plain, kept = User(email=unique_email(), name="Plain"), User(email=unique_email(), name="Kept")
    [row] = new_rows(1)
    async with resources.db.writing() as session:
        session.add(kept)

    async def fail() -> None:
        async with resources.db.writing() as session:
            session.add(plain)
            await insert_rows(session, User, [row], User.email)
            await update_rows(session, User, [{"id": kept.id, "name": "Changed"}])
            raise Undone

    with pytest.raises(Undone):
        await fail()

    [left] = await users_with(resources, plain.email, row["email"], kept.email)
    assert (left.id, left.name) == (kept.id, "Kept")


async def test_moments_are_stored_as_by_the_orm(resources: Resources) -> None:
    by_orm = User(email=unique_email(), name="ORM", created_at=MOMENT)
    rows = [{**row, "created_at": MOMENT} for row in new_rows(2)]

    async with resources.db.writing() as session:
        session.add(by_orm)
        ids = await insert_rows(session, User, [rows[0]], User.email)
        ids |= await insert_rows(session, User, [{**rows[1], "created_at": utc_now()}], User.email)
        later = ids[rows[1]["email"]]
        await update_rows(session, User, [{"id": later, "created_at": MOMENT}])

    async with resources.db.reading() as session:
        raw = select(cast(User.created_at, String)).where(User.id.in_([by_orm.id, *ids.values()]))
        assert len(set((await session.scalars(raw)).all())) == 1
    found = await users_with(resources, by_orm.email, *(row["email"] for row in rows))
    assert [user.created_at for user in found] == [MOMENT.astimezone(UTC)] * 3


async def test_a_default_is_taken_anew_by_every_call(resources: Resources) -> None:
    rows = new_rows(2)

    for row in rows:
        async with resources.db.writing() as session:
            await insert_rows(session, User, [row], User.email)

    first, second = await users_with(resources, *(row["email"] for row in rows))
    assert first.created_at < second.created_at


async def test_upsert_changes_those_that_are_there(resources: Resources) -> None:
    rows = new_rows(2)
    async with resources.db.writing() as session:
        before = await insert_rows(session, User, rows[:1], User.email)

    async with resources.db.writing() as session:
        banned = [{**row, "status": "banned"} for row in rows]
        with count_queries() as upserting:
            ids = await upsert_rows(session, User, banned, User.email)

    found = await users_with(resources, *(row["email"] for row in rows))
    assert len(upserting) == 1
    assert ids == {user.email: user.id for user in found}
    assert ids[rows[0]["email"]] == before[rows[0]["email"]]
    assert [user.status for user in found] == ["banned", "banned"]


async def test_a_column_that_the_table_has_not_is_refused(resources: Resources) -> None:
    [row] = new_rows(1)

    async with resources.db.reading() as session:
        with pytest.raises(KeyError, match="age"):
            await insert_rows(session, User, [{**row, "age": 7}], User.email)
        with pytest.raises(KeyError, match="age"):
            await update_rows(session, User, [{"id": 1, "age; DROP TABLE users": 7}])
