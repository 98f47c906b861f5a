"""Users are read through the cache: kept for a while, forgotten at a change over HTTP."""

import httpx2
from hotpath.cache.keys import key_of
from hotpath.testing.servers import figure
from hotpath_services.process import wait_until
from sqlalchemy import insert, update

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.service import users

from ..users import add_user, unique_email

FORGOTTEN_WITHIN_S = 10.0


def test_the_key_of_a_user_is_as_of_any_name_and_id() -> None:
    assert users.key_of(7) == key_of(users.name, 7)


async def test_an_answer_is_kept_until_a_change_over_http(
    http: httpx2.Client, resources: Resources
) -> None:
    user = add_user(http)
    path = f"/users/{user['id']}"
    assert http.get(path).json() == user

    async with resources.db.writing() as session:
        await session.execute(update(User).where(User.id == user["id"]).values(name="Changed"))

    assert http.get(path).json() == user
    http.patch(path, json={"status": "banned"})
    assert http.get(path).json() == {**user, "name": "Changed", "status": "banned"}


async def test_absence_is_kept_and_ends_by_itself(
    http: httpx2.Client, resources: Resources
) -> None:
    user_id = add_user(http)["id"]
    path = f"/users/{user_id}"
    http.delete(path)
    assert http.get(path).status_code == 404
    hits = figure(http, "cache_hits_total")

    assert http.get(path).status_code == 404

    assert figure(http, "cache_hits_total") == hits + 1
    async with resources.db.writing() as session:
        await session.execute(insert(User).values(id=user_id, email=unique_email(), name="Back"))
    assert wait_until(lambda: http.get(path).status_code == 200, FORGOTTEN_WITHIN_S)


def test_the_first_read_is_a_miss_and_the_second_a_hit(http: httpx2.Client) -> None:
    path = f"/users/{add_user(http)['id']}"
    before = [figure(http, f"cache_{name}_total", tier="l1") for name in ("hits", "misses")]

    http.get(path)
    http.get(path)

    after = [figure(http, f"cache_{name}_total", tier="l1") for name in ("hits", "misses")]
    assert after == [count + 1 for count in before]
