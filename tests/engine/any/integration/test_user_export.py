"""The export of all users, through HTTP."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hotpath.aio.repository import export
from hotpath.observability.metrics import Metrics
from hotpath.schemas import ExportFormat
from hotpath.testing.problems import assert_invalid
from hotpath.testing.workspace import Workspace

from package_name.resources import open_resources
from package_name.users.service import users as all_users

from ..many_users import crowded
from ..users import add_user, compact

NAMES = ["Zoë", 'quo"te', "back\\slash", "\u2028 \U0001f600", "tab\tand\x01\x7f", "</script>"]


def everyone(http: httpx2.Client) -> list[dict[str, Any]]:
    """Return all users, as the pages have them."""
    users: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = http.get("/users", params=query).json()
        users += page["items"]
        cursor = page["next_cursor"]
    return users


@pytest.fixture
def empty(workspace: Workspace, services: Mapping[str, str], tmp_path: Path) -> str:
    """Return the URL of a database without users."""
    return crowded(workspace, services, tmp_path, users=0).setting("DB__URL")


@pytest.fixture
def users(http: httpx2.Client) -> list[dict[str, Any]]:
    """Return all users; some have names that are hard to write."""
    for name in NAMES:
        add_user(http, name=name)
    return everyone(http)


def test_lines_are_the_users_of_all_pages(http: httpx2.Client, users: list[dict[str, Any]]) -> None:
    answer = http.get("/users/export")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.text == "".join(f"{compact(user)}\n" for user in users)


def test_an_array_has_the_same_users(http: httpx2.Client, users: list[dict[str, Any]]) -> None:
    answer = http.get("/users/export", params={"format": "json"})

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content) == users
    assert answer.text == json.dumps(users, separators=(",", ":"), ensure_ascii=False)
    assert http.get("/users/export?format=ndjson").text.count("\n") == len(users)


@pytest.mark.parametrize(("layout", "text"), [("ndjson", b""), ("json", b"[]")])
async def test_no_users_are_a_whole_text_too(
    workspace: Workspace, empty: str, layout: ExportFormat, text: bytes
) -> None:
    settings = workspace.with_settings(DB__URL=empty).settings()
    async with open_resources(settings, Metrics("shop")) as resources:
        received = b""
        async for piece in await export(all_users, resources.db, layout):
            received += piece

    assert received == text


@pytest.mark.parametrize("query", ["format=xml", "format=", "format=JSON", "limit=5"])
def test_a_bad_query_is_refused(http: httpx2.Client, query: str) -> None:
    assert_invalid(http.get(f"/users/export?{query}"), query.partition("=")[0])
