"""What is refused of a user's fields and of bodies: 422, naming the field."""

import json
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import INVALID, assert_invalid, problem

from ..users import add_user, unique_email

NO_OBJECT = problem(422, INVALID) | {
    "errors": [
        {"field": "", "message": "The body must be a JSON object, sent as application/json."}
    ]
}
JSON = {"content-type": "application/json"}
NUL = "a\0b"
LONE_SURROGATE = r'{"name":"\ud800"}'
BAD_FIELDS: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", "   "),
    ("name", "n" * 101),
    ("name", NUL),
    ("name", None),
    ("name", 7),
    ("name", ["Ada"]),
    ("email", ""),
    ("email", "nope"),
    ("email", "a@b"),
    ("email", "a b@example.com"),
    ("email", "a\0@example.com"),
    ("email", f"e@{'x.' * 130}com"),
    ("email", None),
    ("status", "asleep"),
    ("status", "Active"),
    ("status", ""),
    ("status", None),
    ("id", 7),
    ("is_admin", True),
]
BAD_BODIES = [
    (b"{bad", JSON),
    (b"", JSON),
    (b"[]", JSON),
    (b'[{"name":"Ada"}]', JSON),
    (b'"text"', JSON),
    (b"null", JSON),
    (b"7", JSON),
    (b'{"name":"Ada"', JSON),
    (b'{"name":"\xff"}', JSON),
    (b'{"name":"Ada"}', {"content-type": "text/plain"}),
    (b'{"name":"Ada"}', {}),
    (b"name=Ada", {"content-type": "application/x-www-form-urlencoded"}),
]


@pytest.fixture(scope="module")
def user_id(server: Any) -> int:
    """Return the id of a user to change."""
    identity: int = add_user(server.http)["id"]
    return identity


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_refused(http: httpx2.Client, user_id: int, field: str, value: Any) -> None:
    good = {"email": unique_email(), "name": "Ada"}

    assert_invalid(http.post("/users", json={**good, field: value}), field)
    assert_invalid(http.patch(f"/users/{user_id}", json={field: value}), field)


@pytest.mark.parametrize(("body", "headers"), BAD_BODIES)
def test_a_body_that_is_no_object_is_refused(
    http: httpx2.Client, user_id: int, body: bytes, headers: dict[str, str]
) -> None:
    created = http.post("/users", content=body, headers=headers)
    changed = http.patch(f"/users/{user_id}", content=body, headers=headers)

    assert (created.status_code, created.json()) == (422, NO_OBJECT)
    assert (changed.status_code, changed.json()) == (422, NO_OBJECT)


def test_half_a_character_is_refused(http: httpx2.Client, user_id: int) -> None:
    answer = http.patch(f"/users/{user_id}", content=LONE_SURROGATE, headers=JSON)

    assert answer.status_code == 422


def test_all_wrong_fields_are_named_at_once(http: httpx2.Client) -> None:
    body = {"email": "nope", "name": "", "status": "?", "extra": 1}

    assert_invalid(http.post("/users", json=body), "email", "name", "status", "extra")


def test_missing_fields_are_named(http: httpx2.Client) -> None:
    assert_invalid(http.post("/users", json={}), "email", "name")


def test_a_change_must_say_something(http: httpx2.Client, user_id: int) -> None:
    answer = http.patch(f"/users/{user_id}", json={})

    assert answer.json() == problem(422, INVALID) | {
        "errors": [{"field": "", "message": "at least one of email, name, status is needed"}]
    }


def test_the_longest_values_are_taken(http: httpx2.Client) -> None:
    email = f"{unique_email().partition('@')[0]:x<64}@{'d' * 63}.{'d' * 63}.{'d' * 57}.com"
    assert len(email) == 254

    user = add_user(http, email=email, name="n" * 100)

    assert (user["email"], user["name"]) == (email, "n" * 100)


@pytest.mark.parametrize("name", ['O\'Brien "x"', "'; DROP TABLE users;--", "日本語 🦉", "a\tb\\n"])
def test_text_comes_back_as_it_was_given(http: httpx2.Client, name: str) -> None:
    user = add_user(http, name=name)

    assert http.get(f"/users/{user['id']}").json()["name"] == name


def test_json_may_have_a_charset_and_a_mark(http: httpx2.Client, user_id: int) -> None:
    body = json.dumps({"name": "Ada"}).encode()
    headers = {"content-type": "application/json; charset=utf-8"}

    assert http.patch(f"/users/{user_id}", content=body, headers=headers).status_code == 200
