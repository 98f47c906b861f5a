"""Lists of users: pages, cursors, filters, counts, posts; and the statistics."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem

from .helpers import add_posts, add_user, compact

STATUSES = ["active", "inactive", "banned"]
BAD_QUERIES = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=ten", "limit"),
    ("status=asleep", "status"),
    ("created_after=yesterday", "created_after"),
    ("created_after=2020-01-01T00:00:00", "created_after"),
    ("count=perhaps", "count"),
    ("include=friends", "include"),
    ("order=name", "order"),
    ("page=2", "page"),
]


def pages(http: httpx2.Client, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield all pages, as a client follows them."""
    page = http.get("/users", params=query).json()
    yield page
    while page["next_cursor"] is not None:
        page = http.get("/users", params={**query, "cursor": page["next_cursor"]}).json()
        yield page


def test_a_page_has_its_shape(http: httpx2.Client) -> None:
    first, second = add_user(http), add_user(http)
    after = first["created_at"]

    whole = http.get("/users", params={"created_after": after})
    counted = http.get("/users", params={"created_after": after, "count": "true"})

    assert whole.text == compact({"items": [second], "next_cursor": None, "total": None})
    assert counted.text == compact({"items": [second], "next_cursor": None, "total": 1})


def test_the_pages_have_every_user_once_and_in_order(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    expected = [add_user(http) for _ in range(7)]

    found = list(pages(http, created_after=after, limit=3))

    assert [len(page["items"]) for page in found] == [3, 3, 1]
    assert [user for page in found for user in page["items"]] == expected


def test_the_newest_come_first_if_asked_for(http: httpx2.Client) -> None:
    expected = [add_user(http) for _ in range(5)][::-1]

    following = pages(http, order="-created_at", limit=2)

    found = [*next(following)["items"], *next(following)["items"], *next(following)["items"]]
    assert found[:5] == expected


def test_the_pages_hold_while_users_come_and_go(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    users = [add_user(http) for _ in range(4)]
    following = pages(http, created_after=after, limit=2)
    first_page = next(following)

    http.delete(f"/users/{users[0]['id']}")
    http.delete(f"/users/{users[1]['id']}")
    late = add_user(http)

    assert first_page["items"] == users[:2]
    assert [user for page in following for user in page["items"]] == [*users[2:], late]


def test_a_page_holds_fifty_unless_said_otherwise(http: httpx2.Client) -> None:
    for _ in range(51):
        add_user(http)

    assert len(http.get("/users").json()["items"]) == 50
    assert len(http.get("/users?limit=1").json()["items"]) == 1


@pytest.mark.parametrize(("query", "field"), BAD_QUERIES)
def test_a_bad_query_is_refused(http: httpx2.Client, query: str, field: str) -> None:
    assert_invalid(http.get(f"/users?{query}"), field)


def test_a_foreign_cursor_is_refused(http: httpx2.Client) -> None:
    user = add_user(http)
    add_posts(http, user["id"], 2)
    good = http.get("/users?limit=1").json()["next_cursor"]
    by_time = http.get("/users?limit=1&created_after=2020-01-01T00:00:00Z").json()["next_cursor"]
    of_posts = http.get(f"/users/{user['id']}/posts?limit=1").json()["next_cursor"]
    changed = ("B" if good[0] == "A" else "A") + good[1:]

    for cursor in ("x", "é", good[:-1], f"{good}A", changed, of_posts, by_time):
        response = http.get("/users", params={"cursor": cursor})
        assert_problem(response, 422, "cursor: not a cursor of this list")
    assert http.get("/users", params={"cursor": good}).status_code == 200


def test_a_status_filters_items_and_count(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    expected = [add_user(http, status="banned"), add_user(http, status="banned")]
    add_user(http, status="inactive")

    found = list(pages(http, created_after=after, status="banned", count="true", limit=1))

    assert [user for page in found for user in page["items"]] == expected
    assert [page["total"] for page in found] == [2, 2]


def test_posts_are_included_newest_first_and_bounded(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    writer, reader = add_user(http), add_user(http)
    posts = add_posts(http, writer["id"], 22)

    response = http.get("/users", params={"created_after": after, "include": "posts"})

    expected = [{**writer, "posts": posts[:1:-1]}, {**reader, "posts": []}]
    assert response.text == compact({"items": expected, "next_cursor": None, "total": None})


def test_every_user_is_counted_by_status(http: httpx2.Client) -> None:
    before = http.get("/users/stats").json()["items"]

    for status, count in (("active", 1), ("inactive", 2), ("banned", 3)):
        for _ in range(count):
            add_user(http, status=status)

    after = http.get("/users/stats").json()["items"]
    assert [item["status"] for item in after] == STATUSES
    more = [item["count"] - old["count"] for item, old in zip(after, before, strict=True)]
    assert more == [1, 2, 3]
    assert all(item["average_age_days"] >= 0 for item in after)
