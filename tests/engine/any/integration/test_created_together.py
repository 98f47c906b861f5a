"""Users that are added at the same time share statements, and nothing else."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from hotpath.aio.db.batching import BatchedInsert
from hotpath.aio.repository import Created
from hotpath.db.errors import Conflict
from hotpath.testing.queries import count_queries
from sqlalchemy.exc import IntegrityError

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.schemas import UserCreate, UserOut
from package_name.users.service import users

from ..callers import Caller
from ..users import unique_email

CALLERS = 24
ROUNDS = 5


async def create(resources: Resources, email: str) -> Created:
    """Add a user."""
    new = UserCreate(email=email, name="Ada")
    return await users.create(resources, new)


async def outcomes(resources: Resources, emails: list[str]) -> list[Created | BaseException]:
    """Add users at the same time."""
    callers = [Caller(partial(create, resources, email)) for email in emails]
    return [await each.outcome() for each in callers]


async def test_each_gets_the_user_that_was_asked_for(resources: Resources) -> None:
    emails = [unique_email() for _ in range(CALLERS)]

    for email, created in zip(emails, await outcomes(resources, emails), strict=True):
        assert isinstance(created, Created)
        user = UserOut.model_validate_json(created.body)
        assert (user.email, user.id, user.status) == (email, created.id, "active")
        assert user.model_dump_json().encode() == created.body
        assert await users.get(resources, created.id) == created.body


async def test_statements_are_fewer_than_users(resources: Resources) -> None:
    with count_queries() as statements:
        for _ in range(ROUNDS):
            await outcomes(resources, [unique_email() for _ in range(CALLERS)])

    inserts = [each for each in statements if each.startswith("INSERT INTO users")]
    assert 0 < len(inserts) < ROUNDS * CALLERS


async def test_an_address_is_given_once_and_the_others_are_added(resources: Resources) -> None:
    taken, wanted = unique_email(), unique_email()
    await create(resources, taken)
    others = [unique_email() for _ in range(CALLERS)]

    found = await outcomes(resources, [*others, taken, *[wanted] * CALLERS])

    kinds = Counter(map(type, found))
    assert kinds == {Created: CALLERS + 1, Conflict: CALLERS}
    assert all(isinstance(each, Created) for each in found[:CALLERS])
    assert isinstance(found[CALLERS], Conflict)


async def test_a_row_that_is_wrong_fails_alone(resources: Resources) -> None:
    insertion = BatchedInsert("wrong_users", User, User.email)

    async def insert(values: Mapping[str, Any]) -> Any:
        return await insertion.insert(resources.loaders, values)

    rows = [{"email": unique_email(), "name": "Ada"} for _ in range(CALLERS)]
    wrong = {"email": unique_email(), "name": "Ada", "status": "unheard of"}
    callers = [Caller(partial(insert, row)) for row in [*rows, wrong]]
    *found, fault = [await each.outcome() for each in callers]

    assert not any(isinstance(each, BaseException) for each in found)
    assert isinstance(fault, IntegrityError)


async def test_a_row_that_lacks_a_value_is_a_mistake_of_the_caller(resources: Resources) -> None:
    with pytest.raises(KeyError, match="name"):
        await BatchedInsert("lacking_users", User, User.email).insert(
            resources.loaders, {"email": unique_email()}
        )
