"""Which queues a worker takes tasks from."""

import pytest
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..shop import invoke

READY_WITHIN_S = 20.0


@pytest.mark.parametrize("queues", ["nosuch", "default,nosuch", "default, nosuch ,"])
def test_a_queue_that_no_task_has_is_refused(queues: str) -> None:
    result = invoke("worker", "--queues", queues)

    assert result.exit_code == 2
    assert "no task has the queue nosuch; there are default" in result.stderr.replace("\n", " ")


def test_names_of_queues_may_have_spaces_around_them(workspace: Workspace) -> None:
    with workspace.start("worker", "--queues", " default , ") as worker:
        assert wait_until(lambda: "ready." in worker.log.read_text(), READY_WITHIN_S)
