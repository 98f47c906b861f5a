"""Many users in one request or response: added, changed, exported."""

import json
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, problem

from .helpers import JSON, add_user, compact, unique_email

PATH = "/users/bulk"
MAX_ROWS = 10_000


def new_users(count: int) -> list[dict[str, Any]]:
    """Return users that nobody has added."""
    batch = unique_email()
    return [{"email": f"{number}-{batch}", "name": f"User {number}"} for number in range(count)]


def count_users(http: httpx2.Client) -> int:
    """Return how many users there are."""
    total: int = http.get("/users?limit=1&count=true").json()["total"]
    return total


def refused(response: httpx2.Response, status: int, detail: str) -> dict[str, str]:
    """Check a problem that names rows, and return field → message."""
    body = response.json()
    errors = body.pop("errors", [])
    assert (response.status_code, body) == (status, problem(status, detail))
    return {error["field"]: error["message"] for error in errors}


def test_ten_thousand_users_are_added_and_changed_at_once(http: httpx2.Client) -> None:
    before = add_user(http)

    added = http.post(PATH, json=new_users(MAX_ROWS))
    ids = range(before["id"] + 1, before["id"] + 1 + MAX_ROWS)
    changed = http.patch(PATH, json=[{"id": each, "name": f"Changed {each}"} for each in ids])

    assert (added.status_code, added.text) == (201, '{"inserted":10000}')
    assert (changed.status_code, changed.text) == (200, '{"updated":10000,"missing":[]}')
    assert http.get(f"/users/{ids[-1]}").json()["name"] == f"Changed {ids[-1]}"


def test_cached_users_are_invalidated_with_the_request(http: httpx2.Client) -> None:
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


def test_taken_addresses_are_named_and_nobody_is_added(http: httpx2.Client) -> None:
    rows = new_users(4)
    http.post(PATH, json=rows[:2])
    before = count_users(http)

    response = http.post(PATH, json=[*rows[2:], *rows[:2]])

    assert refused(response, 409, "taken email: 2; nothing was written") == {
        "2.email": f"email {rows[0]['email']} is taken",
        "3.email": f"email {rows[1]['email']} is taken",
    }
    assert count_users(http) == before


def test_repeated_addresses_are_named_and_nobody_is_added(http: httpx2.Client) -> None:
    rows, before = new_users(2), count_users(http)
    again = {**rows[0], "email": rows[0]["email"].upper()}

    response = http.post(PATH, json=[*rows, again])

    assert refused(response, 409, "repeated email: 1; nothing was written") == {
        "2.email": f"email {rows[0]['email']} is in a row before"
    }
    assert count_users(http) == before


def test_only_the_fields_that_a_row_gives_change(http: httpx2.Client) -> None:
    users = [add_user(http, status="inactive") for _ in range(2)]
    email, unknown = unique_email(), 2**63 - 1
    rows = [
        {"id": users[1]["id"], "email": email.upper()},
        {"id": unknown, "name": "Nobody"},
        {"id": users[0]["id"], "name": " Ada "},
    ]

    response = http.patch(PATH, json=rows)

    assert (response.status_code, response.json()) == (200, {"updated": 2, "missing": [unknown]})
    for user, change in zip(users, ({"name": "Ada"}, {"email": email}), strict=True):
        assert http.get(f"/users/{user['id']}").json() == {**user, **change}


def test_a_change_to_an_address_of_others_changes_nobody(http: httpx2.Client) -> None:
    one, two, three = (add_user(http) for _ in range(3))
    rows = [
        {"id": one["id"], "name": "Changed"},
        {"id": two["id"], "email": three["email"].upper()},
    ]

    response = http.patch(PATH, json=rows)

    faults = refused(response, 409, "taken email: 1; nothing was written")
    assert faults == {"1.email": f"email {three['email']} is taken"}
    assert http.get(f"/users/{one['id']}").json() == one


def test_rows_that_contradict_each_other_are_named(http: httpx2.Client) -> None:
    one = add_user(http)
    rows = [{"id": one["id"], "name": "A"}, {"id": one["id"], "status": "banned"}]

    response = http.patch(PATH, json=rows)

    assert refused(response, 422, "repeated id: 1; nothing was written") == {
        "1.id": f"user {one['id']} is in a row before"
    }


@pytest.mark.parametrize("count", [0, MAX_ROWS + 1])
def test_too_few_or_too_many_rows_are_refused(http: httpx2.Client, count: int) -> None:
    response = http.post(PATH, json=new_users(count))

    assert_invalid(response, "")
    message = f"{count} rows, at least 1 and at most {MAX_ROWS}"
    assert response.json()["errors"][0]["message"] == message


def test_invalid_rows_are_named(http: httpx2.Client) -> None:
    rows = new_users(2)

    added = http.post(PATH, json=[rows[0], {**rows[1], "email": "x", "age": 7}, {"name": ""}, 7])
    changed = http.patch(PATH, json=[{"id": 1}, {"name": "A"}, {"id": 0, "name": "A"}])

    assert_invalid(added, "1.email", "1.age", "2.email", "2.name", "3")
    assert_invalid(changed, "0", "1.id", "2.id")


@pytest.mark.parametrize("body", [b"{bad", b"", b"{}", b"null", b"[" * 100_000])
def test_anything_but_a_json_array_is_refused(http: httpx2.Client, body: bytes) -> None:
    response = http.post(PATH, content=body, headers=JSON)

    assert_invalid(response, "")
    message = "The body must be a JSON array, sent as application/json."
    assert response.json()["errors"][0]["message"] == message


def test_an_export_has_all_users_as_lines_or_as_an_array(http: httpx2.Client) -> None:
    last = [add_user(http, name=name) for name in ('quo"te\\', "\u2028 😀", "</script>")]

    lines = http.get("/users/export")
    array = http.get("/users/export?format=json")

    assert lines.headers["content-type"] == "application/x-ndjson"
    assert lines.headers["transfer-encoding"] == "chunked"
    assert array.headers["content-type"] == "application/json"
    users = json.loads(array.content)
    assert len(users) == count_users(http)
    assert users[-3:] == last
    assert lines.text == "".join(f"{compact(user)}\n" for user in users)


@pytest.mark.parametrize("query", ["format=xml", "format=", "limit=5"])
def test_an_export_of_a_bad_query_is_refused(http: httpx2.Client, query: str) -> None:
    assert_invalid(http.get(f"/users/export?{query}"), query.partition("=")[0])
