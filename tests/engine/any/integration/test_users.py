"""Users over HTTP: created, read, changed, deleted."""

import re

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem

from ..users import UTC_TIME, add_posts, add_user, compact, unique_email


def test_a_created_user_is_answered_in_full(http: httpx2.Client) -> None:
    email = unique_email()

    answer = http.post("/users", json={"email": email, "name": " Zoë 🦉 ", "status": "banned"})

    user = answer.json()
    expected = {
        "id": user["id"],
        "email": email,
        "name": "Zoë 🦉",
        "status": "banned",
        "created_at": user["created_at"],
    }
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/users/{user['id']}"
    assert answer.text == compact(expected)
    assert isinstance(user["id"], int)
    assert re.fullmatch(UTC_TIME, user["created_at"])


def test_a_user_is_active_unless_said_otherwise(http: httpx2.Client) -> None:
    assert add_user(http)["status"] == "active"


def test_a_user_is_read_back_at_its_location(http: httpx2.Client) -> None:
    created = http.post("/users", json={"email": unique_email(), "name": "Ada"})

    answer = http.get(created.headers["location"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == created.text


def test_an_address_is_taken_however_it_is_written(http: httpx2.Client) -> None:
    email = add_user(http)["email"]

    answer = http.post("/users", json={"email": email.upper(), "name": "Eve"})

    assert_problem(answer, 409, f"email {email} is taken")


def test_a_user_created_after_its_absence_was_kept_is_seen_at_once(http: httpx2.Client) -> None:
    expected_id = add_user(http)["id"] + 1
    assert http.get(f"/users/{expected_id}").status_code == 404

    created = add_user(http)

    assert created["id"] == expected_id
    assert http.get(f"/users/{expected_id}").json() == created


def test_a_change_is_answered_and_read_at_once(http: httpx2.Client) -> None:
    user = add_user(http)
    assert http.get(f"/users/{user['id']}").json() == user  # kept by now

    answer = http.patch(f"/users/{user['id']}", json={"name": "Grace", "status": "inactive"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == compact({**user, "name": "Grace", "status": "inactive"})
    assert http.get(f"/users/{user['id']}").text == answer.text


def test_only_the_fields_that_are_given_change(http: httpx2.Client) -> None:
    user = add_user(http, status="banned")
    email = unique_email()

    answer = http.patch(f"/users/{user['id']}", json={"email": email.upper()})

    assert answer.json() == {**user, "email": email}


def test_a_change_to_a_taken_address_changes_nothing(http: httpx2.Client) -> None:
    taken, user = add_user(http)["email"], add_user(http)

    answer = http.patch(f"/users/{user['id']}", json={"email": taken, "name": "Eve"})

    assert_problem(answer, 409, f"email {taken} is taken")
    assert http.get(f"/users/{user['id']}").json() == user


def test_a_deleted_user_is_gone_at_once_with_all_posts(http: httpx2.Client) -> None:
    user = add_user(http)
    path = f"/users/{user['id']}"
    add_posts(http, user["id"], 2)
    assert http.get(path).status_code == 200  # kept by now

    answer = http.delete(path)

    detail = f"user {user['id']} does not exist"
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert_problem(http.get(path), 404, detail)
    assert_problem(http.get(f"{path}/posts"), 404, detail)
    assert_problem(http.delete(path), 404, detail)


@pytest.mark.parametrize("user_id", [2**63 - 1, 123_456_789_012])
def test_an_unknown_user_is_not_found(http: httpx2.Client, user_id: int) -> None:
    path, detail = f"/users/{user_id}", f"user {user_id} does not exist"

    assert_problem(http.get(path), 404, detail)
    assert_problem(http.patch(path, json={"name": "Ada"}), 404, detail)
    assert_problem(http.delete(path), 404, detail)
    assert_problem(http.get(f"{path}/posts"), 404, detail)
    assert_problem(http.post(f"{path}/posts", json={"title": "T", "body": ""}), 404, detail)
    assert_problem(http.post(f"{path}/welcome"), 404, detail)


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**63), "9" * 400, "abc", "1.5", "1e3", "%00"])
def test_an_id_that_no_row_can_have_is_refused(http: httpx2.Client, user_id: str) -> None:
    path = f"/users/{user_id}"

    assert_invalid(http.get(path), "user_id")
    assert_invalid(http.patch(path, json={"name": "Ada"}), "user_id")
    assert_invalid(http.delete(path), "user_id")
    assert_invalid(http.get(f"{path}/posts"), "user_id")
    assert_invalid(http.post(f"{path}/posts", json={"title": "T", "body": ""}), "user_id")
    assert_invalid(http.post(f"{path}/welcome"), "user_id")
