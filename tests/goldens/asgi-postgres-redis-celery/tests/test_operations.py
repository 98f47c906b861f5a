"""The operations: described in full, each within its budget of statements. Add yours here."""

from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest
from hotpath.testing.in_process import InProcessClient, open_in_process
from hotpath.testing.operations import ENGINE, Operation, described_operations
from hotpath.testing.stubs import stub_service
from hotpath.testing.workspace import Workspace

from .helpers import AVATAR, add_posts, add_user, unique_email

USER, POSTS = "/users/{user_id}", "/users/{user_id}/posts"
BULK = "/users/bulk"
ID = ("user_id",)
PAGE = ("limit", "cursor")
FILTERS = ("status", "created_after", "order", "count", "include")
POST = {"title": "A post", "body": ""}
USERS = 3
TAGS = ("health", "tasks", "users", "posts")
"""Of the operations that are described here; those of another feature are in a test of its own."""

FEATURES = (
    Operation("get", "/users", "list_users", 200, "UserPage", (), PAGE + FILTERS),
    Operation("post", "/users", "create_user", 201, "UserOut", (409,), (), "UserCreate"),
    Operation("post", BULK, "create_users", 201, "UsersInserted", (409, 413), (), "NewUsers"),
    Operation("patch", BULK, "update_users", 200, "UsersUpdated", (409, 413), (), "UserChanges"),
    Operation("get", "/users/stats", "read_user_stats", 200, "UserStats"),
    Operation("get", "/users/export", "export_users", 200, "", (503,), ("format",)),
    Operation("get", USER, "read_user", 200, "UserOut", (404,), ID),
    Operation("get", f"{USER}/avatar", "read_user_avatar", 200, "Avatar", (404, 502, 503, 504), ID),
    Operation("patch", USER, "update_user", 200, "UserOut", (404, 409), ID, "UserUpdate"),
    Operation("delete", USER, "delete_user", 204, "", (404,), ID),
    Operation("get", POSTS, "list_posts", 200, "PostPage", (404,), ID + PAGE),
    Operation("post", POSTS, "create_post", 201, "PostOut", (404,), ID, "PostCreate"),
    Operation("post", f"{USER}/welcome", "welcome_user", 202, "TaskAccepted", (404, 503), ID),
)


class Budget(NamedTuple):
    """The most statements that one call may send: a loop of queries is seen here first."""

    operation_id: str
    statements: int
    method: str
    path: str
    body: object = None


BUDGETS = (
    Budget("list_users", 3, "GET", f"/users?limit={USERS}&include=posts&count=true"),
    Budget("create_user", 1, "POST", "/users", {"email": unique_email(), "name": "Ada"}),
    Budget("create_users", 1, "POST", BULK, [{"email": unique_email(), "name": "Ada"}]),
    Budget("update_users", 1, "PATCH", BULK, [{"id": 1, "name": "Eve"}]),
    Budget("read_user_stats", 1, "GET", "/users/stats"),
    Budget("export_users", 1, "GET", "/users/export"),
    Budget("read_user", 1, "GET", USER),
    Budget("read_user_avatar", 1, "GET", f"{USER}/avatar"),
    Budget("update_user", 1, "PATCH", USER, {"name": "Eve"}),
    Budget("delete_user", 6, "DELETE", USER),  # 2, and 1 for each table of rows that go with a user
    Budget("list_posts", 1, "GET", POSTS),
    Budget("create_post", 1, "POST", POSTS, POST),
    Budget("welcome_user", 2, "POST", f"{USER}/welcome"),
)


@pytest.fixture(scope="module")
def in_process(workspace: Workspace) -> Iterator[InProcessClient]:
    """Return a client of the application, whose dependencies are stubs."""
    with stub_service(AVATAR) as avatars:
        place = workspace.with_settings(HTTP_CLIENT__URLS__AVATARS=avatars.url)
        with open_in_process(place) as client:
            yield client


def test_exactly_the_operations_that_are_served_are_described(http: httpx2.Client) -> None:
    assert described_operations(http, *TAGS) == {*ENGINE, *FEATURES}


def test_every_operation_has_a_budget() -> None:
    assert {budget.operation_id for budget in BUDGETS} == {each.operation_id for each in FEATURES}


@pytest.mark.parametrize("budget", BUDGETS, ids=[budget.operation_id for budget in BUDGETS])
def test_an_operation_keeps_its_budget(in_process: InProcessClient, budget: Budget) -> None:
    users = [add_user(in_process) for _ in range(USERS)]
    for user in users:
        add_posts(in_process, user["id"], 2)
    path = budget.path.format(user_id=users[-1]["id"])

    in_process.request(budget.method, path, json=budget.body).raise_for_status()

    sent = in_process.statements
    assert 0 < len(sent) <= budget.statements, f"{budget.operation_id} sent {sent}"
