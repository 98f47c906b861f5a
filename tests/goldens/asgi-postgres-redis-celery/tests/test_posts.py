"""Posts over HTTP."""

import re
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem

from .helpers import UTC_TIME, add_posts, add_user, compact

BAD_FIELDS: list[tuple[str, Any]] = [
    ("title", " "),
    ("title", "t" * 201),
    ("title", None),
    ("body", "a\0b"),
    ("body", "b" * 20_001),
    ("user_id", 1),
]


def test_a_created_post_is_returned_in_full(http: httpx2.Client) -> None:
    user_id = add_user(http)["id"]

    response = http.post(f"/users/{user_id}/posts", json={"title": " Zoë ", "body": " as is\n"})

    post = response.json()
    expected = {
        "id": post["id"],
        "user_id": user_id,
        "title": "Zoë",
        "body": " as is\n",
        "created_at": post["created_at"],
    }
    assert response.status_code == 201
    assert response.text == compact(expected)
    assert re.fullmatch(UTC_TIME, post["created_at"])


def test_posts_are_listed_oldest_first_a_page_at_a_time(http: httpx2.Client) -> None:
    user, other = add_user(http), add_user(http)
    posts = add_posts(http, user["id"], 3)
    add_posts(http, other["id"], 1)
    path = f"/users/{user['id']}/posts"

    first = http.get(path, params={"limit": 2})
    cursor = first.json()["next_cursor"]
    second = http.get(path, params={"limit": 2, "cursor": cursor})

    assert first.text == compact({"items": posts[:2], "next_cursor": cursor})
    assert second.text == compact({"items": posts[2:], "next_cursor": None})


def test_a_user_without_posts_has_an_empty_page(http: httpx2.Client) -> None:
    response = http.get(f"/users/{add_user(http)['id']}/posts")

    assert (response.status_code, response.text) == (200, '{"items":[],"next_cursor":null}')


def test_a_cursor_is_of_one_users_posts(http: httpx2.Client) -> None:
    user, other = add_user(http), add_user(http)
    add_posts(http, user["id"], 2)
    cursor = http.get(f"/users/{user['id']}/posts?limit=1").json()["next_cursor"]

    response = http.get(f"/users/{other['id']}/posts", params={"cursor": cursor})

    assert_problem(response, 422, "cursor: not a cursor of this list")


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_refused(http: httpx2.Client, field: str, value: Any) -> None:
    body = {"title": "T", "body": "", field: value}

    assert_invalid(http.post("/users/987654321/posts", json=body), field)
