"""A trace that goes on in the process of a worker."""

from collections.abc import Iterator

import pytest
from hotpath.testing.servers import serving, working
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..collector import Collector, collecting
from ..shop import KINDS, SERVICE
from ..traced_tasks import trace_of_a_welcome

CONSUMER_KIND = 5


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_a_child_of_the_request_that_submitted_it(
    kind: str, workspace: Workspace, collector: Collector
) -> None:
    with temporary_service(Valkey(SERVICE)) as broker:
        settings = {"TASKS__BROKER_URL": broker.url, "SERVER__KIND": kind}
        place = workspace.with_settings(**settings).with_variables(collector.variables)
        with working(place), serving(place) as server:
            request, task = trace_of_a_welcome(server.http, collector)
    assert task.kind == CONSUMER_KIND
    assert task.resource["process.pid"] != request.resource["process.pid"]
