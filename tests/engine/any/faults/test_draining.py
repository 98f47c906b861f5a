"""SIGTERM: first not ready, then gone."""

from time import sleep

import pytest
from hotpath.testing.servers import answers, is_draining, is_listening, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..shop import KINDS

FLUSH_WITHIN_S = 5.0
ENDS_WITHIN_S = 10.0
NOT_THE_SAME_S = 0.5
"""Signals that come together are one: to a process, and to its parent that tells it."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_draining_server_answers_until_the_second_signal(workspace: Workspace, kind: str) -> None:
    patient = workspace.with_settings(SERVER__KIND=kind, SERVER__DRAIN_S=60)
    with serving(patient) as server:
        server.program.stop()
        assert wait_until(lambda: is_draining(server.port), FLUSH_WITHIN_S)
        assert answers(server.port)

        sleep(NOT_THE_SAME_S)
        server.program.stop_all()

        assert server.program.ends_within(ENDS_WITHIN_S) == 0
        assert not is_listening(server.port)
