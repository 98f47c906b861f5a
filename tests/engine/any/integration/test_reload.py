"""`serve --reload` serves the code as it is now."""

from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from hotpath.testing.servers import client, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..profiles import planted
from ..shop import KINDS, SERVICE

BEFORE, AFTER = 'render_json(b"1")', 'render_json(b"2")'
SOON_S = 30.0
ENDS_WITHIN_S = 20.0


@pytest.mark.parametrize("kind", KINDS)
def test_what_changes_is_served_a_moment_later(
    workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    place = replace(planted(workspace, tmp_path), folder=tmp_path)  # below it all is watched
    routes = tmp_path / "src" / SERVICE.package / "planted" / "routes.py"
    with serving(place.with_settings(SERVER__KIND=kind), "--reload") as server:

        def responds(body: bytes) -> bool:
            try:
                with client(server.port) as http:
                    return http.get("/simmer").content == body
            except httpx2.TransportError:  # it starts anew
                return False

        assert responds(b"1")
        routes.write_text(routes.read_text().replace(BEFORE, AFTER))
        assert wait_until(lambda: responds(b"2"), SOON_S)

        server.program.stop()
        server.program.ends_within(ENDS_WITHIN_S)
