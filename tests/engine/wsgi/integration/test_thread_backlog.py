"""The backlog of the threads: how many are busy, and how many requests wait, are seen."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hotpath.testing.servers import figure
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..debugging import BEARER, debugging, leaking
from ..shop import SERVICE

SLOW = """

@router.get("/slow")
def slow() -> Response:
    import time
    time.sleep(2)
    return render_nothing()
"""
SOON_S = 20.0


def test_busy_threads_and_waiting_requests_are_counted(
    workspace: Workspace, tmp_path: Path
) -> None:
    place = leaking(workspace, tmp_path)
    with (tmp_path / "src" / SERVICE.package / "posts" / "routes.py").open("a") as file:
        file.write(SLOW)
    assert os.fspath(tmp_path) in place.environment["PYTHONPATH"]
    with debugging(place, SERVER__KIND="uvicorn", SERVER__THREADS=2) as server:
        http = server.http
        idle = http.get("/debug.json", headers=BEARER).json()["threads"]
        with ThreadPoolExecutor(5) as clients:
            answers = [clients.submit(http.get, "/slow") for _ in range(5)]
            assert [each.result().status_code for each in answers] == [204] * 5
        busy = http.get("/debug.json", headers=BEARER).json()["threads"]

        assert idle == busy == {"size": 2, "busy": 1, "waiting": 0}
        assert wait_until(lambda: figure(http, "threads_busy") == 1, SOON_S)
