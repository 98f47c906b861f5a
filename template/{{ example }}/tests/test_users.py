"""Users over HTTP: created, read, changed, deleted."""

import re
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import INVALID, assert_invalid, assert_problem, problem

from .helpers import JSON, UTC_TIME, add_posts, add_user, compact, unique_email

BAD_FIELDS: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", "   "),
    ("name", "n" * 101),
    ("name", "a\0b"),
    ("name", None),
    ("name", 7),
    ("email", ""),
    ("email", "a@b"),
    ("email", "a b@example.com"),
    ("email", f"e@{'x.' * 130}com"),
    ("status", "asleep"),
    ("status", None),
    ("id", 7),
    ("is_admin", True),
]
BAD_BODIES = [
    (b"{bad", JSON),
    (b"", JSON),
    (b"[]", JSON),
    (b"null", JSON),
    (b'{"name":"Ada"', JSON),
    (b'{"name":"\xff"}', JSON),
    (b'{"name":"Ada"}', {"content-type": "text/plain"}),
    (b'{"name":"Ada"}', {}),
]


def test_a_created_user_is_returned_in_full(http: httpx2.Client) -> None:
    email = unique_email()

    response = http.post("/users", json={"email": email, "name": " Zoë 🦉 ", "status": "banned"})

    user = response.json()
    expected = {
        "id": user["id"],
        "email": email,
        "name": "Zoë 🦉",
        "status": "banned",
        "created_at": user["created_at"],
    }
    assert response.status_code == 201
    assert response.headers["location"] == f"/users/{user['id']}"
    assert response.text == compact(expected)
    assert re.fullmatch(UTC_TIME, user["created_at"])
    assert http.get(response.headers["location"]).text == response.text


def test_a_user_is_active_unless_said_otherwise(http: httpx2.Client) -> None:
    assert add_user(http)["status"] == "active"


def test_an_address_is_taken_however_it_is_written(http: httpx2.Client) -> None:
    email = add_user(http)["email"]

    response = http.post("/users", json={"email": email.upper(), "name": "Eve"})

    assert_problem(response, 409, f"email {email} is taken")


def test_a_user_created_after_its_absence_was_cached_is_seen_at_once(http: httpx2.Client) -> None:
    expected_id = add_user(http)["id"] + 1
    assert http.get(f"/users/{expected_id}").status_code == 404

    created = add_user(http)

    assert created["id"] == expected_id
    assert http.get(f"/users/{expected_id}").json() == created


def test_a_change_is_returned_and_read_at_once(http: httpx2.Client) -> None:
    user = add_user(http)
    assert http.get(f"/users/{user['id']}").json() == user  # cached by now

    response = http.patch(f"/users/{user['id']}", json={"name": "Grace", "status": "inactive"})

    assert response.status_code == 200
    assert response.text == compact({**user, "name": "Grace", "status": "inactive"})
    assert http.get(f"/users/{user['id']}").text == response.text


def test_only_the_fields_that_are_given_change(http: httpx2.Client) -> None:
    user = add_user(http, status="banned")
    email = unique_email()

    response = http.patch(f"/users/{user['id']}", json={"email": email.upper()})

    assert response.json() == {**user, "email": email}


def test_a_change_to_a_taken_address_changes_nothing(http: httpx2.Client) -> None:
    taken, user = add_user(http)["email"], add_user(http)

    response = http.patch(f"/users/{user['id']}", json={"email": taken, "name": "Eve"})

    assert_problem(response, 409, f"email {taken} is taken")
    assert http.get(f"/users/{user['id']}").json() == user


def test_a_deleted_user_is_gone_at_once_with_all_posts(http: httpx2.Client) -> None:
    user = add_user(http)
    path = f"/users/{user['id']}"
    add_posts(http, user["id"], 2)
    assert http.get(path).status_code == 200  # cached by now

    response = http.delete(path)

    detail = f"user {user['id']} does not exist"
    assert (response.status_code, response.content) == (204, b"")
    assert_problem(http.get(path), 404, detail)
    assert_problem(http.get(f"{path}/posts"), 404, detail)
    assert_problem(http.delete(path), 404, detail)


def test_a_tag_follows_the_user(http: httpx2.Client) -> None:
    path = f"/users/{add_user(http)['id']}"
    before = http.get(path).headers["etag"]

    unchanged = http.get(path, headers={"if-none-match": before})
    http.patch(path, json={"name": "Grace"})
    changed = http.get(path, headers={"if-none-match": before})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (changed.status_code, changed.json()["name"]) == (200, "Grace")
    assert changed.headers["etag"] != before


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**63), "abc", "1.5", "%00"])
def test_an_id_that_no_row_can_have_is_refused(http: httpx2.Client, user_id: str) -> None:
    path = f"/users/{user_id}"

    assert_invalid(http.get(path), "user_id")
    assert_invalid(http.patch(path, json={"name": "Ada"}), "user_id")
    assert_invalid(http.delete(path), "user_id")
    assert_invalid(http.post(f"{path}/welcome"), "user_id")


def test_an_unknown_user_is_not_found(http: httpx2.Client) -> None:
    path, detail = f"/users/{2**63 - 1}", f"user {2**63 - 1} does not exist"

    assert_problem(http.get(path), 404, detail)
    assert_problem(http.patch(path, json={"name": "Ada"}), 404, detail)
    assert_problem(http.post(f"{path}/posts", json={"title": "T", "body": ""}), 404, detail)
    assert_problem(http.post(f"{path}/welcome"), 404, detail)


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_refused(http: httpx2.Client, field: str, value: Any) -> None:
    good = {"email": unique_email(), "name": "Ada"}

    # Input is checked before the user is looked for.
    assert_invalid(http.post("/users", json={**good, field: value}), field)
    assert_invalid(http.patch("/users/987654321", json={field: value}), field)


@pytest.mark.parametrize(("body", "headers"), BAD_BODIES)
def test_a_body_that_is_no_object_is_refused(
    http: httpx2.Client, body: bytes, headers: dict[str, str]
) -> None:
    message = "The body must be a JSON object, sent as application/json."
    expected = problem(422, INVALID) | {"errors": [{"field": "", "message": message}]}

    for method, path in (("POST", "/users"), ("PATCH", "/users/987654321")):
        response = http.request(method, path, content=body, headers=headers)
        assert (response.status_code, response.json()) == (422, expected)


def test_all_wrong_fields_are_named_at_once(http: httpx2.Client) -> None:
    body = {"email": "nope", "name": "", "status": "?", "extra": 1}

    assert_invalid(http.post("/users", json=body), "email", "name", "status", "extra")
    assert_invalid(http.post("/users", json={}), "email", "name")
    assert_invalid(http.patch("/users/1", json={}), "")


@pytest.mark.parametrize("name", ['O\'Brien "x"', "'; DROP TABLE users;--", "日本語 🦉", "n" * 100])
def test_text_comes_back_as_it_was_given(http: httpx2.Client, name: str) -> None:
    assert http.get(f"/users/{add_user(http, name=name)['id']}").json()["name"] == name
