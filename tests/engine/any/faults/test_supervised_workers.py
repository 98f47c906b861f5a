"""Worker processes that hang, or whose parent or whole machine stops."""

import os
import signal
from time import sleep

from hotpath.testing.servers import answers, is_listening, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..log_lines import children

WITHIN_S = 15.0
TIMEOUT_S = 1.0


def test_a_worker_that_hangs_is_replaced(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__WORKER_TIMEOUT_S=TIMEOUT_S)
    with serving(place, "--workers", "2") as server:
        parent = server.program.process.pid
        first, second = children(parent)
        sleep(TIMEOUT_S)

        os.kill(first, signal.SIGSTOP)

        assert wait_until(lambda: first not in children(parent), WITHIN_S)
        assert wait_until(lambda: len(children(parent)) == 2, WITHIN_S)
        assert second in children(parent)


def test_a_machine_that_slept_loses_no_worker(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__WORKER_TIMEOUT_S=TIMEOUT_S)
    with serving(place, "--workers", "2") as server:
        parent = server.program.process.pid
        workers = children(parent)
        for number in (signal.SIGSTOP, signal.SIGCONT):
            os.killpg(parent, number)
            sleep(5 * TIMEOUT_S)

        assert children(parent) == workers
        assert answers(server.port)


def test_workers_end_with_their_parent(workspace: Workspace) -> None:
    with serving(workspace, "--workers", "2") as server:
        server.program.process.kill()

        assert wait_until(lambda: not is_listening(server.port), WITHIN_S)
