"""Commands to Redis in the trace of the request that waits for them."""

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..collector import TRACE_ID, TRACEPARENT, collecting
from ..shop import KINDS
from ..users import add_user

CLIENT_KIND = 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direct", ["true", "false"])
def test_commands_are_children_of_the_request(kind: str, direct: str, workspace: Workspace) -> None:
    with collecting() as collector:
        settings = {"SERVER__KIND": kind, "CACHE__DIRECT_COMMANDS": direct}
        place = workspace.with_settings(**settings).with_variables(collector.variables)
        with serving(place) as server:
            user = add_user(server.http)
            answer = server.http.get(f"/users/{user['id']}", headers=TRACEPARENT)

            request = collector.named("GET /users/{user_id}")
            [command, *_] = collector.wait_for(
                lambda span: (
                    span.attributes.get("db.system.name") == "redis" and span.trace_id == TRACE_ID
                )
            )
    assert (command.parent_id, command.kind) == (request.span_id, CLIENT_KIND)
    assert command.name == command.attributes["db.operation.name"]
    assert "cache;dur=" in answer.headers["server-timing"]
