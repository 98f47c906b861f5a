"""Many users in one request: added or changed, all or nothing."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, problem
from sqlalchemy import select

from package_name.resources import Resources
from package_name.users.model import User

from ..users import add_user, unique_email

PATH = "/users/bulk"
MAX_ROWS = 10_000
JSON = {"content-type": "application/json"}
MANY_INVALID = "The request has 30 invalid values: see errors for 20."
BAD_BODIES = [
    (b"{bad", JSON),
    (b"", JSON),
    (b"{}", JSON),
    (b'"[]"', JSON),
    (b"null", JSON),
    (b'[{"name":"\xff"}]', JSON),
    (b"[" * 100_000, JSON),
    (b"[]", {"content-type": "text/plain"}),
    (b"[]", {}),
]


def new_users(count: int) -> list[dict[str, Any]]:
    """Return users that nobody has added."""
    batch = unique_email()
    return [{"email": f"{number}-{batch}", "name": f"User {number}"} for number in range(count)]


async def found(resources: Resources, rows: Sequence[dict[str, Any]]) -> list[User]:
    """Return the users that have the addresses of rows; those share an ending."""
    ending = rows[0]["email"].partition("-")[2]
    async with resources.db.reading() as session:
        users = select(User).where(User.email.endswith(ending)).order_by(User.id)
        return list((await session.scalars(users)).all())


def refused(answer: httpx2.Response, status: int, detail: str) -> dict[str, str]:
    """Check a problem that names rows, and return field → message."""
    body = answer.json()
    errors = body.pop("errors", [])
    assert (answer.status_code, body) == (status, problem(status, detail))
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["field"]: error["message"] for error in errors}


def taken(*emails: str) -> list[str]:
    """Return the messages for addresses that other users have."""
    return [f"email {email} is taken" for email in emails]


async def test_ten_thousand_users_are_added_and_changed_at_once(
    http: httpx2.Client, resources: Resources
) -> None:
    rows = new_users(MAX_ROWS)

    added = http.post(PATH, json=rows)
    users = await found(resources, rows)
    changes = [{"id": user.id, "name": f"{user.name} changed"} for user in users]
    changed = http.patch(PATH, json=changes)
    after = await found(resources, rows)

    assert (added.status_code, added.text) == (201, '{"inserted":10000}')
    assert {(user.email, user.name) for user in users} == {(r["email"], r["name"]) for r in rows}
    assert (changed.status_code, changed.text) == (200, '{"updated":10000,"missing":[]}')
    assert [user.name for user in after] == [change["name"] for change in changes]
    assert [user.email for user in after] == [user.email for user in users]


def test_users_are_as_those_added_one_by_one(http: httpx2.Client) -> None:
    email = unique_email()
    before = add_user(http)

    http.post(PATH, json=[{"email": email.upper(), "name": " Zoë 🦉\t\"'\\", "status": "banned"}])
    http.post(PATH, json=[{"email": unique_email(), "name": "Ada"}])

    after = add_user(http)
    first, second = (http.get(f"/users/{before['id'] + step}").json() for step in (1, 2))
    assert first == first | {"email": email, "name": "Zoë 🦉\t\"'\\", "status": "banned"}
    assert second["status"] == "active"
    moments = [user["created_at"] for user in (before, first, second, after)]
    assert moments == sorted(set(moments))


def test_answers_that_are_kept_end_with_the_request(http: httpx2.Client) -> None:
    one, two = add_user(http), add_user(http)
    new_path = f"/users/{two['id'] + 1}"
    assert [http.get(f"/users/{user['id']}").json() for user in (one, two)] == [one, two]
    assert http.get(new_path).status_code == 404

    [row] = new_users(1)
    http.post(PATH, json=[row])
    http.patch(PATH, json=[{"id": one["id"], "name": "N"}, {"id": two["id"], "status": "banned"}])

    assert http.get(new_path).json()["email"] == row["email"]
    assert http.get(f"/users/{one['id']}").json() == {**one, "name": "N"}
    assert http.get(f"/users/{two['id']}").json() == {**two, "status": "banned"}


async def test_addresses_of_others_are_named_and_nobody_is_added(
    http: httpx2.Client, resources: Resources
) -> None:
    rows = new_users(40)
    http.post(PATH, json=rows[:30])
    several = [*rows[30:], *rows[:30]]

    answer = http.post(PATH, json=several)

    faults = refused(answer, 409, "taken email: 30; nothing was written")
    assert list(faults) == [f"{row}.email" for row in range(10, 30)]
    assert list(faults.values()) == taken(*(row["email"] for row in rows[:20]))
    assert len(await found(resources, rows)) == 30


async def test_addresses_given_twice_are_named_and_nobody_is_added(
    http: httpx2.Client, resources: Resources
) -> None:
    rows = new_users(2)
    again = {**rows[0], "email": rows[0]["email"].upper()}

    answer = http.post(PATH, json=[*rows, again])

    assert refused(answer, 409, "repeated email: 1; nothing was written") == {
        "2.email": f"email {rows[0]['email']} is in a row before"
    }
    assert await found(resources, rows) == []


async def test_of_requests_with_the_same_addresses_one_wins(
    http: httpx2.Client, resources: Resources
) -> None:
    rows = new_users(500)
    orders = [rows, rows[::-1], rows[250:] + rows[:250], rows[250:]]

    with ThreadPoolExecutor(len(orders)) as pool:
        answers = list(pool.map(lambda order: http.post(PATH, json=order), orders))

    [winner] = [answer for answer in answers if answer.status_code == 201]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await found(resources, rows)) == winner.json()["inserted"]


def test_changes_of_the_same_users_wait_for_each_other(http: httpx2.Client) -> None:
    users = [add_user(http) for _ in range(20)]
    orders = [users, users[::-1], users[10:] + users[:10], users[::2] + users[1::2]]
    changes = [
        [{"id": user["id"], "name": f"Order {number}"} for user in order]
        for number, order in enumerate(orders)
    ]

    with ThreadPoolExecutor(len(orders)) as pool:
        answers = list(pool.map(lambda rows: http.patch(PATH, json=rows), changes * 5))

    names = {http.get(f"/users/{user['id']}").json()["name"] for user in users}
    assert {answer.text for answer in answers} == {'{"updated":20,"missing":[]}'}
    assert len(names) == 1


def test_only_the_fields_that_a_row_gives_change(http: httpx2.Client) -> None:
    users = [add_user(http, status="inactive") for _ in range(3)]
    ids, email = [user["id"] for user in users], unique_email()
    unknown = 2**63 - 1
    rows = [
        {"id": ids[2], "email": email.upper()},
        {"id": unknown, "name": "Nobody"},
        {"id": ids[0], "name": " Ada "},
        {"id": ids[1], "status": "banned", "name": "Eve"},
    ]

    answer = http.patch(PATH, json=rows)

    assert (answer.status_code, answer.json()) == (200, {"updated": 3, "missing": [unknown]})
    changes = [{"name": "Ada"}, {"status": "banned", "name": "Eve"}, {"email": email}]
    for user, change in zip(users, changes, strict=True):
        assert http.get(f"/users/{user['id']}").json() == {**user, **change}


def test_a_change_to_an_address_of_others_changes_nobody(http: httpx2.Client) -> None:
    one, two, three = (add_user(http) for _ in range(3))
    rows = [
        {"id": one["id"], "name": "Changed"},
        {"id": two["id"], "email": three["email"].upper()},
        {"id": three["id"], "email": three["email"]},
    ]

    answer = http.patch(PATH, json=rows[:2])
    own = http.patch(PATH, json=rows[2:])

    faults = refused(answer, 409, "taken email: 1; nothing was written")
    assert faults == {"1.email": taken(three["email"])[0]}
    assert own.json() == {"updated": 1, "missing": []}
    for user in (one, two, three):
        assert http.get(f"/users/{user['id']}").json() == user


def test_rows_that_contradict_each_other_are_named(http: httpx2.Client) -> None:
    one, two = add_user(http), add_user(http)
    email = unique_email()
    ids = [{"id": one["id"], "name": "A"}, {"id": two["id"], "name": "B"}]
    emails = [{"id": one["id"], "email": email}, {"id": two["id"], "email": email.upper()}]

    twice = http.patch(PATH, json=[*ids, {"id": one["id"], "status": "banned"}])
    same = http.patch(PATH, json=emails)

    assert refused(twice, 422, "repeated id: 1; nothing was written") == {
        "2.id": f"user {one['id']} is in a row before"
    }
    assert refused(same, 409, "repeated email: 1; nothing was written") == {
        "1.email": f"email {email} is in a row before"
    }
    assert http.get(f"/users/{one['id']}").json() == one


@pytest.mark.parametrize("count", [0, 10_001])
def test_too_few_or_too_many_rows_are_refused(http: httpx2.Client, count: int) -> None:
    added = http.post(PATH, json=new_users(count))
    changed = http.patch(PATH, json=[{"id": 1, "name": "Ada"}] * count)

    message = f"{count} rows, at least 1 and at most 10000"
    for answer in (added, changed):
        assert_invalid(answer, "")
        assert answer.json()["errors"][0]["message"] == message


async def test_invalid_rows_are_named_and_nobody_is_added(
    http: httpx2.Client, resources: Resources
) -> None:
    rows = new_users(3)

    few = http.post(PATH, json=[rows[0], {**rows[1], "email": "x", "age": 7}, {"name": ""}, 7])
    many = http.post(PATH, json=[*rows, *({**row, "name": ""} for row in new_users(30))])

    assert_invalid(few, "1.email", "1.age", "2.email", "2.name", "3")
    assert list(refused(many, 422, MANY_INVALID)) == [f"{row}.name" for row in range(3, 23)]
    assert await found(resources, rows) == []


def test_a_row_must_say_who_changes_and_what(http: httpx2.Client) -> None:
    user_id = add_user(http)["id"]
    rows = [{"id": user_id}, {"name": "A"}, {"id": 0, "name": "A"}, {"id": user_id, "name": None}]

    answer = http.patch(PATH, json=rows)

    assert_invalid(answer, "0", "1.id", "2.id", "3.name")
    messages = [error["message"] for error in answer.json()["errors"]]
    assert messages[0] == "at least one of email, name, status is needed"


@pytest.mark.parametrize(("body", "headers"), BAD_BODIES)
def test_anything_but_a_json_array_is_refused(
    http: httpx2.Client, body: bytes, headers: dict[str, str]
) -> None:
    for method in ("POST", "PATCH"):
        answer = http.request(method, PATH, content=body, headers=headers)

        assert_invalid(answer, "")
        assert (
            answer.json()["errors"][0]["message"]
            == "The body must be a JSON array, sent as application/json."
        )
