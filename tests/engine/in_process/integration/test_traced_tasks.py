"""A trace that goes on in a task of the same process."""

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..collector import collecting
from ..shop import KINDS
from ..traced_tasks import trace_of_a_welcome


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_a_child_of_the_request_that_submitted_it(
    kind: str, workspace: Workspace
) -> None:
    with collecting() as collector:
        place = workspace.with_settings(SERVER__KIND=kind).with_variables(collector.variables)
        with serving(place) as server:
            trace_of_a_welcome(server.http, collector)
