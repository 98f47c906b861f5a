"""Worker processes that hang, or whose parent or whole machine stops."""

import os
import signal
from pathlib import Path
from time import sleep

from hotpath.testing.servers import answers, is_listening, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..copies import copy_of_service
from ..log_lines import children

WITHIN_S = 15.0
TIMEOUT_S = 1.0
FIRST = "        stack.callback(metrics.flush)\n"
SLOW_START = f"""\
        from time import monotonic
        end = monotonic() + {3 * TIMEOUT_S}
        while monotonic() < end:
            pass
"""


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


def test_workers_that_take_long_to_start_are_left_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    place, package = copy_of_service(workspace, tmp_path)
    resources = package / "resources.py"
    text = resources.read_text()
    assert FIRST in text
    resources.write_text(text.replace(FIRST, SLOW_START + FIRST))
    place = place.with_settings(SERVER__WORKER_TIMEOUT_S=TIMEOUT_S)
    with serving(place, "--workers", "2") as server:
        parent = server.program.process.pid
        workers = children(parent)
        sleep(2 * TIMEOUT_S)

        assert len(workers) == 2
        assert children(parent) == workers
        assert answers(server.port)


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
