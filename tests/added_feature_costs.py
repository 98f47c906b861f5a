"""Laid into a project by `test_add_feature.py`: what `orders` cost, beside users.

Counted are calls of Python functions, in all threads, and statements, not seconds.
"""

import sys
import threading
from collections.abc import Callable, Iterator

import httpx2
import pytest
from hotpath.testing.in_process import InProcessClient, open_in_process
from hotpath.testing.workspace import Workspace

ROWS = 60
TIMES = 50
AT_MOST = 1.10
calls = [0]

Send = Callable[[int], httpx2.Response]


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Iterator[InProcessClient]:
    """Return a client of an application without a cache, whose calls are counted."""

    def count(_frame: object, event: str, _arg: object) -> None:
        calls[0] += event == "call"

    place = workspace.with_settings(CACHE__TTL_S="0.001", CACHE__L1_MAX_ENTRIES="1")
    threading.setprofile(count)
    sys.setprofile(count)
    try:
        with open_in_process(place) as opened:
            for number in range(ROWS):
                add_user(opened, number)
                add_order(opened, number)
            yield opened
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


def add_user(client: InProcessClient, number: int) -> httpx2.Response:
    return client.post("/users", json={"email": f"a{number}@example.com", "name": "Ada"})


def add_order(client: InProcessClient, number: int) -> httpx2.Response:
    return client.post("/orders", json={"user_id": 1, "amount_cents": number})


def costs(client: InProcessClient, *sends: Send) -> list[tuple[int, int]]:
    """Return the calls and statements of each request: the fewest of each, as tasks run beside."""
    costs: list[list[tuple[int, int]]] = [[] for _ in sends]
    for number in range(ROWS, ROWS + TIMES):
        for send, of_send in zip(sends, costs, strict=True):
            before = calls[0]
            assert send(number).is_success
            of_send.append((calls[0] - before, len(client.statements)))
    return [(min(c for c, _ in each), min(n for _, n in each)) for each in costs]


@pytest.mark.parametrize("kind", ["id", "page", "create"])
def test_orders_cost_what_users_do(client: InProcessClient, kind: str) -> None:
    def by_id(path: str) -> Send:
        return lambda number: client.get(f"{path}/{number - ROWS + 1}")

    def page(path: str) -> Send:
        after = "2020-01-01T00:00:00.{}Z"
        return lambda number: client.get(
            path, params={"limit": 50, "created_after": after.format(number)}
        )

    asked: dict[str, tuple[Send, Send]] = {
        "id": (by_id("/users"), by_id("/orders")),
        "page": (page("/users"), page("/orders")),
        "create": (lambda n: add_user(client, n), lambda n: add_order(client, n)),
    }
    of_users, of_orders = costs(client, *asked[kind])

    assert of_orders[1] == of_users[1] > 0
    assert of_orders[0] <= of_users[0] * AT_MOST
