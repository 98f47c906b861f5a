"""Stopping, with clients that count: what was accepted is answered."""

import os
import signal
from collections import Counter
from time import sleep

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..insistent_clients import asking
from ..log_lines import children
from ..shop import KINDS

ENDS_WITHIN_S = 15.0
CLIENTS = 10


@pytest.mark.parametrize("who", ["parent", "all"])
@pytest.mark.parametrize(("workers", "drain_s"), [(1, 0), (2, 0), (4, 0), (2, 1)])
def test_nothing_is_lost(workspace: Workspace, workers: int, drain_s: int, who: str) -> None:
    place = workspace.with_settings(SERVER__DRAIN_S=drain_s, OBSERVABILITY__ACCESS_LOG=False)
    with (
        serving(place, "--workers", str(workers)) as server,
        asking(server.port, CLIENTS) as clients,
    ):
        sleep(0.5)
        server.program.stop() if who == "parent" else server.program.stop_all()

        assert server.program.ends_within(ENDS_WITHIN_S) == 0
        for each in clients:
            each.join(ENDS_WITHIN_S)

    counts = sum((each.counts for each in clients), Counter[str]())
    assert set(counts) <= {"200", "503"}, counts  # 503 of /readyz
    assert counts["200"] > CLIENTS


@pytest.mark.parametrize(("workers", "drain_s"), [(1, 0), (2, 0), (2, 1)])
def test_nothing_is_lost_with_the_other_server(
    workspace: Workspace, workers: int, drain_s: int
) -> None:
    place = workspace.with_settings(SERVER__DRAIN_S=drain_s, SERVER__KIND=KINDS[1])
    with (
        serving(place, "--workers", str(workers)) as server,
        asking(server.port, CLIENTS) as clients,
    ):
        sleep(0.5)
        server.program.stop()

        assert server.program.ends_within(ENDS_WITHIN_S) == 0
        for each in clients:
            each.join(ENDS_WITHIN_S)

    counts = sum((each.counts for each in clients), Counter[str]())
    assert set(counts) <= {"200", "503"}, counts
    assert counts["200"] > CLIENTS


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_is_told_to_stop_loses_nothing(workspace: Workspace, workers: int) -> None:
    with (
        serving(workspace, "--workers", str(workers + 1)) as server,
        asking(server.port, CLIENTS) as clients,
    ):
        sleep(0.5)
        for each in children(server.program.process.pid)[-workers:]:
            os.kill(each, signal.SIGTERM)
        sleep(2)
        for client in clients:
            client.stop()

    counts = sum((each.counts for each in clients), Counter[str]())
    assert set(counts) <= {"200", "503"}, counts
