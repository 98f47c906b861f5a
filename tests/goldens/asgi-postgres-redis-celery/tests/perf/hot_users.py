"""The hot paths of users: through the routes, and the look-ups below them."""

import json
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from shop.resources import Resources
from shop.users.lookups import user_by_id

from ..apps import whole_app_on
from ..inside import call
from .clock import Work
from .gate import Measure
from .measured import USERS
from .running import Run

AT_ONCE = 64
BULK = 1_000
PAGE = 50


@pytest.fixture(scope="module")
def app(opened: Resources) -> Any:
    """Return the whole application."""
    return whole_app_on(opened)


@pytest.fixture(scope="module")
def unread() -> Any:
    """Return ids, each one once: the cache does not have them."""
    return iter(range(1, USERS + 1))


def test_a_user_from_the_database(measure: Measure, app: Any, unread: Any) -> None:
    async def work(times: int) -> None:
        for _ in range(times):
            status, _body = await call(app, "GET", f"/users/{next(unread)}")
            assert status == 200

    measure("GET /users/{id}, from the database", work, times=5)


def test_a_user_from_the_cache(measure: Measure, app: Any) -> None:
    async def work(times: int) -> None:
        for _ in range(times):
            status, _body = await call(app, "GET", f"/users/{USERS}")
            assert status == 200

    measure("GET /users/{id}, cached", work, times=10)


def test_a_page(run: Run[Any], measure: Measure, app: Any) -> None:
    _, first = run(call(app, "GET", f"/users?limit={PAGE}"))
    target = f"/users?limit={PAGE}&cursor={json.loads(first)['next_cursor']}"

    async def work(times: int) -> None:
        for _ in range(times):
            status, _body = await call(app, "GET", target)
            assert status == 200

    measure(f"GET /users, page of {PAGE}", work, times=2)


def test_a_new_user(measure: Measure, app: Any) -> None:
    async def work(times: int) -> None:
        for _ in range(times):
            body = json.dumps({"email": f"{uuid4().hex}@example.com", "name": "Ada"}).encode()
            status, _body = await call(app, "POST", "/users", body)
            assert status == 201

    measure("POST /users", work, times=3)


def test_many_new_users(measure: Measure, app: Any) -> None:
    numbers = count()

    async def work(times: int) -> None:
        for _ in range(times):
            batch = f"{next(numbers)}-{uuid4().hex}@example.com"
            users = [{"email": f"{number}-{batch}", "name": "Ada"} for number in range(BULK)]
            status, _body = await call(app, "POST", "/users/bulk", json.dumps(users).encode())
            assert status == 201

    measure(f"POST /users/bulk, {BULK:,}", work, times=1, rounds=40)


def test_a_batch_of_look_ups(measure: Measure, opened: Resources) -> None:
    ids = list(range(1, AT_ONCE + 1))

    async def work(times: int) -> None:
        for _ in range(times):
            found = await user_by_id.load(opened.db, ids)
            assert len(found) == AT_ONCE

    measure(
        f"{AT_ONCE} look-ups at once, against one", work, times=3, against=single_look_ups(opened)
    )


def single_look_ups(opened: Resources) -> Work:
    """Return look-ups one after another."""

    async def work(times: int) -> None:
        for _ in range(times):
            found = await user_by_id.load(opened.db, [1])
            assert len(found) == 1

    return work
