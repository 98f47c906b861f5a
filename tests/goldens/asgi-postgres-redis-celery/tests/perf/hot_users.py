"""The hot paths of users: through the routes, and the look-ups below them."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import count, repeat
from uuid import uuid4

import pytest
from hotpath.testing.bench import InProcessApplication, Measure, Request, get, post
from hotpath.testing.workspace import Workspace

from shop.users.service import users as repository

AT_ONCE = 64
BULK = 1_000
PAGE = 50
USERS = 20_000


@pytest.fixture(scope="module", autouse=True)
def users(workspace: Workspace) -> None:
    """Add users, the same in each run: `seed` gives them the ids from 1."""
    workspace.run("seed", "--users", str(USERS)).check_returncode()


def test_a_user_from_the_database(measure: Measure) -> None:
    unread = (get(f"/users/{user_id}") for user_id in range(1, USERS))

    measure.requests("GET /users/{id}, from the database", unread, times=5)


def test_a_user_from_the_cache(measure: Measure) -> None:
    measure.requests("GET /users/{id}, cached", repeat(get(f"/users/{USERS}")), times=10)


def test_a_page(measure: Measure, application: InProcessApplication) -> None:
    [(_, first)] = application.send([get(f"/users?limit={PAGE}")])
    page = get(f"/users?limit={PAGE}&cursor={json.loads(first)['next_cursor']}")

    measure.requests(f"GET /users, page of {PAGE}", repeat(page), times=2)


def test_a_new_user(measure: Measure) -> None:
    measure.requests("POST /users", (post("/users", new_user()) for _ in count()), times=3)


def test_many_new_users(measure: Measure) -> None:
    def bulks() -> Iterator[Request]:
        while True:
            yield post("/users/bulk", [new_user() for _ in range(BULK)])

    measure.requests(f"POST /users/bulk, {BULK:,}", bulks(), times=1, rounds=40)


def test_a_batch_of_look_ups(measure: Measure, application: InProcessApplication) -> None:
    look_up = partial(repository.by_id.load, application.resources.db)
    ids = list(range(1, AT_ONCE + 1))

    measure.call(
        f"{AT_ONCE} look-ups at once, against one",
        partial(look_up, ids),
        times=3,
        against=partial(look_up, [1]),
    )


def new_user() -> dict[str, str]:
    """Return a user whom nobody added yet."""
    return {"email": f"{uuid4().hex}@example.com", "name": "Ada"}
