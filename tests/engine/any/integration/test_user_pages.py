"""Lists of users: pages, cursors, filters, counts, posts."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_invalid, assert_problem

from ..users import add_posts, add_user, compact

BAD_QUERIES = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("limit=", "limit"),
    ("status=asleep", "status"),
    ("created_after=yesterday", "created_after"),
    ("created_after=2020-01-01T00:00:00", "created_after"),
    ("created_after=9999-12-31T23:59:59-12:00", "created_after"),
    ("count=perhaps", "count"),
    ("include=friends", "include"),
    ("page=2", "page"),
]


def pages(http: httpx2.Client, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield all pages, as a client follows them."""
    cursor: str | None = ""
    while cursor is not None:
        page = http.get(path, params={**query, **({"cursor": cursor} if cursor else {})}).json()
        yield page
        cursor = page["next_cursor"]


def test_a_page_has_its_shape(http: httpx2.Client) -> None:
    first, second = add_user(http), add_user(http)
    after = first["created_at"]

    whole = http.get("/users", params={"created_after": after})
    counted = http.get("/users", params={"created_after": after, "count": "true"})

    assert whole.headers["content-type"] == "application/json"
    assert whole.text == compact({"items": [second], "next_cursor": None, "total": None})
    assert counted.text == compact({"items": [second], "next_cursor": None, "total": 1})


def test_a_walk_meets_every_user_once_and_in_order(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    expected = [add_user(http) for _ in range(7)]

    walked = list(pages(http, "/users", created_after=after, limit=3))

    assert [len(page["items"]) for page in walked] == [3, 3, 1]
    assert [user for page in walked for user in page["items"]] == expected


def test_a_last_page_that_is_full_has_no_cursor(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    expected = [add_user(http) for _ in range(4)]

    walked = list(pages(http, "/users", created_after=after, limit=2))

    assert [page["items"] for page in walked] == [expected[:2], expected[2:]]


def test_a_walk_holds_while_users_come_and_go(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    users = [add_user(http) for _ in range(4)]
    walk = pages(http, "/users", created_after=after, limit=2)
    first_page = next(walk)

    http.delete(f"/users/{users[0]['id']}")
    http.delete(f"/users/{users[1]['id']}")
    late = add_user(http)

    assert first_page["items"] == users[:2]
    assert [user for page in walk for user in page["items"]] == [*users[2:], late]


@pytest.mark.parametrize("limit", [1, 200])
def test_the_bounds_of_a_limit_are_taken(http: httpx2.Client, limit: int) -> None:
    add_user(http)

    assert 1 <= len(http.get("/users", params={"limit": limit}).json()["items"]) <= limit


def test_a_page_holds_fifty_unless_said_otherwise(http: httpx2.Client) -> None:
    for _ in range(51):
        add_user(http)

    assert len(http.get("/users").json()["items"]) == 50


@pytest.mark.parametrize(("query", "field"), BAD_QUERIES)
def test_a_bad_query_is_refused(http: httpx2.Client, query: str, field: str) -> None:
    assert_invalid(http.get(f"/users?{query}"), field)


def test_all_wrong_parameters_are_named_at_once(http: httpx2.Client) -> None:
    assert_invalid(http.get("/users?limit=0&status=x&page=2"), "limit", "status", "page")


def test_a_foreign_cursor_is_refused(http: httpx2.Client) -> None:
    user = add_user(http)
    add_user(http)
    add_posts(http, user["id"], 2)
    good = http.get("/users?limit=1").json()["next_cursor"]
    of_posts = http.get(f"/users/{user['id']}/posts?limit=1").json()["next_cursor"]
    changed = ("B" if good[0] == "A" else "A") + good[1:]

    for cursor in ("", "x", "é", good[:-1], f"{good}A", changed, of_posts):
        answer = http.get("/users", params={"cursor": cursor})
        assert_problem(answer, 422, "cursor: not a cursor of this list")
    assert http.get("/users", params={"cursor": good}).status_code == 200


def test_a_cursor_leads_on_in_its_own_order_only(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    users = [add_user(http) for _ in range(3)]
    by_id = http.get("/users?limit=1").json()["next_cursor"]
    by_time = http.get("/users", params={"limit": 1, "created_after": after}).json()["next_cursor"]

    swapped = [{"cursor": by_time}, {"cursor": by_id, "created_after": after}]
    for query in swapped:
        answer = http.get("/users", params=query)
        assert_problem(answer, 422, "cursor: not a cursor of this list")

    # Another filter of the same order is fine, and holds.
    query = {"cursor": by_time, "created_after": after, "status": "active"}
    assert http.get("/users", params=query).json()["items"] == users[1:]
    query["created_after"] = users[1]["created_at"]
    assert http.get("/users", params=query).json()["items"] == users[2:]


def test_a_status_filters_items_and_count(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    expected = [add_user(http, status="banned"), add_user(http, status="banned")]
    add_user(http, status="inactive")
    query = {"created_after": after, "status": "banned", "count": "true", "limit": 1}

    walked = list(pages(http, "/users", **query))

    assert [user for page in walked for user in page["items"]] == expected
    assert [page["total"] for page in walked] == [2, 2]


@pytest.mark.parametrize("offset", ["+00:00", "Z"])
def test_created_after_is_exclusive(http: httpx2.Client, offset: str) -> None:
    user, later = add_user(http), add_user(http)
    after = user["created_at"].replace("Z", offset)

    answer = http.get("/users", params={"created_after": after})

    assert answer.json()["items"] == [later]


def test_created_after_heeds_the_time_zone(http: httpx2.Client) -> None:
    add_user(http)

    hour_ahead = http.get("/users", params={"created_after": "2020-01-01T00:00:00+14:00"})
    far_ahead = http.get("/users", params={"created_after": "9000-01-01T00:00:00-12:00"})

    assert hour_ahead.json()["items"]
    assert far_ahead.json()["items"] == []


def test_posts_are_included_newest_first_and_bounded(http: httpx2.Client) -> None:
    after = add_user(http)["created_at"]
    writer, reader = add_user(http), add_user(http)
    posts = add_posts(http, writer["id"], 22)

    answer = http.get("/users", params={"created_after": after, "include": "posts"})

    expected = [{**writer, "posts": posts[:1:-1]}, {**reader, "posts": []}]
    assert answer.text == compact({"items": expected, "next_cursor": None, "total": None})
