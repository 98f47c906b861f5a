"""Memory does not grow with what passes through: exports, bulk, requests."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hotpath.aio.repository import export
from hotpath.aio.repository.export import ROWS_EACH
from hotpath.observability.metrics import Metrics
from hotpath.schemas import ExportFormat
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources, open_resources
from package_name.users.service import users

from ..apps import whole_app_on
from ..in_process_calls import call
from ..many_users import crowded
from ..memory import kept_bytes, peak_bytes

PIECES, MORE_PIECES = 4, 16
CHANGED = 200
KEPT_BYTES = 5_000
"""Of each bulk: a copy of its rows would be ten times as much."""
TIMES = 5


@pytest.fixture(scope="module")
def place(
    workspace: Workspace, services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Return a place with a database of users."""
    folder = tmp_path_factory.mktemp("memory")
    quiet = workspace.with_settings(OBSERVABILITY__ACCESS_LOG="false")
    return crowded(quiet, services, folder, users=ROWS_EACH * MORE_PIECES)


@pytest.fixture
async def crowd(place: Workspace) -> AsyncIterator[Resources]:
    """Open its resources in this process."""
    async with open_resources(place.settings(), Metrics("shop")) as opened:
        yield opened


@pytest.mark.parametrize("layout", ["ndjson", "json"])
async def test_an_export_holds_a_piece_of_the_table(crowd: Resources, layout: ExportFormat) -> None:
    async def take(count: int) -> None:
        pieces = await export(users, crowd.db, layout)
        for _ in range(count):
            await pieces.asend(None)
        await pieces.aclose()

    async def few() -> None:
        await take(PIECES)

    async def many() -> None:
        await take(MORE_PIECES)

    await peak_bytes(few)  # what is kept for good, such as statements

    assert await peak_bytes(many) < 1.5 * await peak_bytes(few)


async def test_a_bulk_leaves_nothing_behind(crowd: Resources) -> None:
    app: Any = whole_app_on(crowd)
    changes = [{"id": number, "name": "Ada"} for number in range(1, CHANGED + 1)]
    body = json.dumps(changes).encode()

    async def change() -> None:
        status, _body = await call(app, "PATCH", "/users/bulk", body)
        assert status == 200

    assert await kept_bytes(change, TIMES) < KEPT_BYTES
