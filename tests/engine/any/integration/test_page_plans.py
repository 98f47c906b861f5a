"""Every page is read from an index, in its order: nothing is scanned or sorted, however deep."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hotpath.aio.db.sessions import with_connection
from hotpath.aio.repository import Repository
from hotpath.db.pages import PageRequest
from hotpath.db.sql import is_in
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, Select, select, text

from package_name.posts.schemas import PostListQuery
from package_name.posts.service import posts
from package_name.users.model import User
from package_name.users.schemas import UserListQuery
from package_name.users.service import users

from ..database import costly_steps, numbers
from ..many_users import STARTED_AT_S, crowded

USERS = 20_000
POSTS_EACH = 200
STATUS = {"status": "banned"}
TIME = {"created_after": datetime.fromtimestamp(STARTED_AT_S + 1000, UTC)}
LATE = datetime.fromtimestamp(STARTED_AT_S + USERS - 1000, UTC)
BY_ID, BY_TIME = (USERS - 1000,), (LATE, USERS - 1000)


@pytest.fixture(scope="module")
def crowd(
    workspace: Workspace, services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Return a place with so many users and posts that reading them all would be wrong."""
    place = crowded(workspace, services, tmp_path_factory.mktemp("crowd"), users=USERS)
    columns = f"number / {POSTS_EACH} + 1, 'Post', '', CURRENT_TIMESTAMP"
    rows = f"SELECT {columns} FROM {numbers(1, USERS)}"
    insert = text(f"INSERT INTO posts (user_id, title, body, created_at) {rows}")
    with_connection(place.settings().db, lambda connection: connection.execute(insert).close())
    return place


def page(filters: Mapping[str, Any], last: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    """Return the statement of a page of users, with its values."""
    return bound(users, users.pages.request(UserListQuery(**filters), {}), last)


def bound(
    repository: Repository, request: PageRequest, last: Sequence[Any]
) -> Select[*tuple[Any, ...]]:
    """Return the statement of a page, with its values."""
    prepared, values = repository.pages.statement(request, last)
    assert isinstance(prepared.statement, Select)
    return prepared.statement.params(values)


def costly(place: Workspace, statement: Select[*tuple[Any, ...]]) -> list[str]:
    """Return the steps of the statement's plan that cost more the larger the table is."""
    found: list[str] = []

    def explain(connection: Connection) -> None:
        found.extend(costly_steps(connection, statement))

    with_connection(place.settings().db, explain)
    return found


@pytest.mark.parametrize("last", [(), BY_ID], ids=["first", "deep"])
@pytest.mark.parametrize("filters", [{}, STATUS], ids=["all", "status"])
def test_a_page_by_id_comes_from_an_index(
    crowd: Workspace, filters: Mapping[str, Any], last: tuple[int, ...]
) -> None:
    assert costly(crowd, page(filters, last)) == []


@pytest.mark.parametrize("last", [(), BY_TIME], ids=["first", "deep"])
@pytest.mark.parametrize("filters", [TIME, STATUS | TIME], ids=["time", "status and time"])
def test_a_page_by_time_comes_from_an_index(
    crowd: Workspace, filters: Mapping[str, Any], last: tuple[int | datetime, ...]
) -> None:
    assert costly(crowd, page(filters, last)) == []


@pytest.mark.parametrize("filters", [TIME, STATUS | TIME], ids=["time", "status and time"])
def test_a_deep_page_by_time_starts_at_its_cursor(filters: Mapping[str, Any]) -> None:
    # With both bounds a plan looks the same, and reads everything from the filter to the cursor.
    filtered, deep = "users.created_at > ", "(users.created_at, users.id) > "

    assert filtered in str(page(filters, ()))
    assert deep not in str(page(filters, ()))
    assert filtered not in str(page(filters, BY_TIME))
    assert deep in str(page(filters, BY_TIME))


@pytest.mark.parametrize("after_id", [0, POSTS_EACH * 51 - 10], ids=["first", "deep"])
def test_a_page_of_posts_comes_from_an_index(crowd: Workspace, after_id: int) -> None:
    request = posts.pages.request(PostListQuery(), {"user_id": 50})

    assert costly(crowd, bound(posts, request, (after_id,) if after_id else ())) == []


def test_an_export_needs_no_sort_before_its_first_row(crowd: Workspace) -> None:
    everyone = select(*users.encoder.columns).order_by(users.key)

    assert costly(crowd, everyone) == []


@pytest.mark.parametrize("ids", [[1], [1, 2, USERS]], ids=["one", "several"])
def test_users_are_looked_up_in_an_index(crowd: Workspace, ids: list[int]) -> None:
    assert costly(crowd, select(User).where(is_in(User.id, ids))) == []


def test_a_plan_that_scans_or_sorts_is_seen(crowd: Workspace) -> None:
    everyone = page({}, ()).order_by(None)

    assert costly(crowd, everyone.order_by(text("name")))
    assert costly(crowd, everyone.where(text("name = 'Ada'")))
