"""The trace of a request that submits a task, whoever runs it."""

import httpx2

from .collector import TRACE_ID, TRACEPARENT, Collector, Exported
from .users import add_user


def trace_of_a_welcome(http: httpx2.Client, collector: Collector) -> tuple[Exported, Exported]:
    """Submit a task; return the span of the request, and that of the task, which is its child."""
    user = add_user(http)
    http.post(f"/users/{user['id']}/welcome", headers=TRACEPARENT)

    request = collector.named("POST /users/{user_id}/welcome")
    task = collector.named("process send_welcome")
    [statement, *_] = collector.wait_for(
        lambda span: span.parent_id == task.span_id and "db.query.text" in span.attributes
    )
    assert {request.trace_id, task.trace_id, statement.trace_id} == {TRACE_ID}
    assert task.parent_id == request.span_id
    return request, task
