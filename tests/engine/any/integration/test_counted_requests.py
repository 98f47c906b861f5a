"""The application in the process of a test counts what its requests send, and nothing beside."""

from contextvars import Context

from hotpath.db.query_log import QueryLog
from hotpath.testing.in_process import open_in_process
from hotpath.testing.workspace import Workspace

BESIDE = "SELECT 'the relay looks for tasks'"


def send_beside(statement: str) -> None:
    """Tell of a statement of somebody else after each one of a request."""
    if statement != BESIDE:
        for listener in [*QueryLog.listeners]:
            Context().run(listener, BESIDE)


def test_statements_of_others_are_not_those_of_a_request(workspace: Workspace) -> None:
    with open_in_process(workspace) as client:
        QueryLog.listeners.append(send_beside)
        try:
            client.get("/users/999999999")
        finally:
            QueryLog.listeners.remove(send_beside)

        assert client.statements
        assert BESIDE not in client.statements
