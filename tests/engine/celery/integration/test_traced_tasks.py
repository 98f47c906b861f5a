"""A trace that goes on in the process of a worker."""

from collections.abc import Iterator

import pytest
from hotpath.testing.servers import serving, working
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..collector import TRACE_ID, TRACEPARENT, Collector, collecting
from ..shop import KINDS, SERVICE
from ..users import add_user

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
            user = add_user(server.http)
            server.http.post(f"/users/{user['id']}/welcome", headers=TRACEPARENT)

            request = collector.named("POST /users/{user_id}/welcome")
            task = collector.named("process send_welcome")
            [statement, *_] = collector.wait_for(
                lambda span: span.parent_id == task.span_id and "db.query.text" in span.attributes
            )
    assert {request.trace_id, task.trace_id, statement.trace_id} == {TRACE_ID}
    assert (task.parent_id, task.kind) == (request.span_id, CONSUMER_KIND)
    assert task.resource["process.pid"] != request.resource["process.pid"]
