"""Repositories: what they promise beyond what the routes of the example show."""

import json
from typing import Any

import pytest
from hotpath.aio.repository import Repository
from hotpath.db.errors import Conflict, NotFound, RowsConflict
from hotpath.schemas import Changes, ListQuery
from hotpath.testing.queries import count_queries
from pydantic import BaseModel, Field

from package_name.posts.schemas import PostCreate, PostOut
from package_name.posts.service import posts
from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.schemas import UserCreate, UserOut, UserUpdate
from package_name.users.service import users

from ..users import unique_email

NOBODY = 10**12

newest = Repository(User, UserOut, name="newest_user", orders=["-created_at", "created_at"])


class OrderedQuery(ListQuery):
    """A page in an order."""

    order: str | None = None


class OthersQuery(ListQuery):
    """Posts of a user whom the client chooses."""

    user_id: int


class PostChanges(Changes):
    """What to change of a post."""

    user_id: int = Field(default_factory=int)


async def add_user(resources: Resources) -> int:
    """Add a user and return the id."""
    created = await users.create(resources, UserCreate(email=unique_email(), name="Ada"))
    return int(created.id)


async def test_what_is_deleted_along_is_not_returned_from_the_cache(resources: Resources) -> None:
    user_id = await add_user(resources)
    post = await posts.create(resources, PostCreate(title="A", body=""), user_id=user_id)
    assert await posts.get(resources, post.id) == post.body

    with count_queries() as statements:
        await users.delete(resources, user_id)

    assert len(statements) == 3
    with pytest.raises(NotFound, match=f"post {post.id} does not exist"):
        await posts.get(resources, post.id)
    assert not await posts.exists(resources, post.id)


async def test_rows_without_a_unique_column_are_inserted_in_order(resources: Resources) -> None:
    user_id = await add_user(resources)
    new = [PostCreate(title=f"Post {number}", body="") for number in range(5)]

    alone = [await posts.create(resources, each, user_id=user_id) for each in new]

    found = [PostOut.model_validate_json(each.body) for each in alone]
    assert [each.title for each in found] == [each.title for each in new]
    assert [each.id for each in found] == sorted(each.id for each in alone)


async def test_a_row_that_is_referred_to_has_to_exist(resources: Resources) -> None:
    user_id = await add_user(resources)
    post = await posts.create(resources, PostCreate(title="A", body=""), user_id=user_id)

    with pytest.raises(NotFound, match=f"user {NOBODY} does not exist"):
        await posts.create(resources, PostCreate(title="A", body=""), user_id=NOBODY)
    with pytest.raises(NotFound, match=f"user {NOBODY} does not exist"):
        await posts.update(resources, post.id, PostChanges(user_id=NOBODY))


async def test_a_filter_that_is_fixed_is_not_the_clients(resources: Resources) -> None:
    mine, other = await add_user(resources), await add_user(resources)
    post = await posts.create(resources, PostCreate(title="A", body=""), user_id=mine)

    page = json.loads(await posts.page(resources, OthersQuery(user_id=other), user_id=mine))

    assert [each["id"] for each in page["items"]] == [post.id]


async def test_two_repositories_of_a_model_are_invalidated_together(resources: Resources) -> None:
    newest.register(resources.cache)
    user_id = await add_user(resources)
    before = await newest.get(resources, user_id)

    await users.update(resources, user_id, UserUpdate(name="Grace"))

    assert json.loads(before)["name"] == "Ada"
    assert json.loads(await newest.get(resources, user_id))["name"] == "Grace"


async def pages(resources: Resources, order: str | None) -> list[dict[str, Any]]:
    """Return all rows, two at a time."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = OrderedQuery(limit=200, cursor=cursor, order=order)
        page = json.loads(await newest.page(resources, query))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_pages_go_in_either_direction(resources: Resources) -> None:
    for _ in range(3):
        await add_user(resources)

    by_time, back = await pages(resources, "created_at"), await pages(resources, "-created_at")

    keys = [(each["created_at"], each["id"]) for each in by_time]
    assert keys == sorted(keys)
    assert back == by_time[::-1]
    assert {each["id"] for each in await pages(resources, None)} == {each["id"] for each in back}


class Unchecked(BaseModel):
    """A user whose status nobody checked."""

    email: str
    name: str = "Ada"
    status: str = "unheard of"


async def test_what_the_database_refuses_is_a_conflict(resources: Resources) -> None:
    with pytest.raises(Conflict, match="the database refuses"):
        await users.create(resources, Unchecked(email=unique_email()))
    with pytest.raises(Conflict, match="the database refuses"):
        await users.create_many(resources, [Unchecked(email=unique_email())])
    email = unique_email()
    with pytest.raises(RowsConflict, match="repeated email: 1; nothing was written"):
        await users.create_many(resources, [Unchecked(email=email), Unchecked(email=email)])
