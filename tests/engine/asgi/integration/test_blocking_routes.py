"""A route that blocks the event loop: seen in each kind of server, where it is looked for."""

from pathlib import Path

import pytest
from hotpath.testing.workspace import Workspace

from ..planted_service import serving_planted

MESSAGE = r"time\.sleep blocks the event loop in GET /block, in \S*planted_routes\.py:\d+, block"


@pytest.mark.parametrize("kind", ["uvicorn", "granian"])
def test_a_route_that_blocks_fails_and_so_does_who_runs_the_server(
    workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    settings = {"SERVER__KIND": kind, "SERVER__FORBID_BLOCKING": True}
    with (
        pytest.raises(AssertionError, match=MESSAGE),
        serving_planted(workspace, tmp_path, **settings) as server,
    ):
        assert server.http.get("/block").status_code == 500


def test_by_default_it_blocks(workspace: Workspace, tmp_path: Path) -> None:
    """Nothing is looked for in production."""
    with serving_planted(workspace, tmp_path) as server:
        assert server.http.get("/block").status_code == 200
