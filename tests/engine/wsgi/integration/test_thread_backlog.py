"""The backlog of the threads: how many are busy, and how many requests wait, are seen."""

import threading
from time import monotonic

from hotpath.testing.servers import figure
from hotpath.testing.workspace import Workspace
from hotpath.wsgi.monitoring import monitored
from hotpath_services.process import wait_until

from package_name.app import create_app

from ..debugging import BEARER, debugging

SOON_S = 20.0


def test_the_threads_of_a_server_are_told(workspace: Workspace) -> None:
    with debugging(workspace, SERVER__KIND="uvicorn", SERVER__THREADS=2) as server:
        http = server.http

        def threads() -> object:
            return http.get("/debug.json", headers=BEARER).json()["threads"]

        # The thread of the request before may not be done yet, though its response is here.
        assert wait_until(
            lambda: threads() == {"size": 2, "limit": 2, "busy": 1, "waiting": 0}, SOON_S
        )
        assert wait_until(lambda: figure(http, "threads_busy") == 1, SOON_S)
        assert figure(http, "threads_waiting") == 0
        assert figure(http, "threads_limit") == 2


def monitors() -> int:
    return [each.name for each in threading.enumerate()].count("monitor")


def test_only_a_process_with_a_token_keeps_the_last_minute(workspace: Workspace) -> None:
    with create_app(workspace.settings()).opened():
        assert monitors() == 0
    settings = workspace.with_settings(OBSERVABILITY__ADMIN_TOKEN="token").settings()
    with create_app(settings).opened() as app:
        assert monitors() == 1
        windows, started = app.resources.monitor.windows, monotonic()
        with monitored(app.resources, every_s=0.001):
            # After some copies of the figures the first of them is no longer that of the start.
            assert wait_until(lambda: windows.read()[0] < (monotonic() - started) / 2, SOON_S)
    assert wait_until(lambda: monitors() == 0, SOON_S)
