"""A trace that goes on in a task of the same process."""

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..collector import TRACE_ID, TRACEPARENT, collecting
from ..shop import KINDS
from ..users import add_user


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_is_a_child_of_the_request_that_submitted_it(
    kind: str, workspace: Workspace
) -> None:
    with collecting() as collector:
        place = workspace.with_settings(SERVER__KIND=kind).with_variables(collector.variables)
        with serving(place) as server:
            user = add_user(server.http)
            server.http.post(f"/users/{user['id']}/welcome", headers=TRACEPARENT)

            request = collector.named("POST /users/{user_id}/welcome")
            task = collector.named("process send_welcome")
            [statement, *_] = collector.wait_for(
                lambda span: span.parent_id == task.span_id and "db.query.text" in span.attributes
            )
    assert {request.trace_id, task.trace_id, statement.trace_id} == {TRACE_ID}
    assert task.parent_id == request.span_id
