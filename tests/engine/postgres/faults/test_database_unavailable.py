"""PostgreSQL without a schema, gone, and back: clients are told, the process stays."""

from contextlib import ExitStack
from time import monotonic
from urllib.parse import urlsplit

import httpx2
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.postgres import Postgres
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service

from ..shop import SERVICE
from ..tries import tried_again

TASK = f"/tasks/{'0' * 32}"
BEHIND = {
    "status": "unavailable",
    "database": "ok",
    "schema": "behind",
    "cache": "ok",
    "queue": "ok",
    "remedy": f"{SERVICE.distribution} db upgrade",
}
UNAVAILABLE = {**BEHIND, "database": "unavailable", "schema": "unknown", "remedy": None}
GONE_WITHIN_S = 1.0
BACK_WITHIN_S = 2.0
SLACK_S = 4.0
"""For a machine that does something else."""


def is_there(http: httpx2.Client) -> bool:
    """Tell whether the database, which has no tables, is told to be there."""
    answer = http.get("/readyz")
    report = answer.json()
    assert report.pop("tasks")["waiting"] is None
    assert answer.status_code == 503
    assert report in [BEHIND, UNAVAILABLE]
    return bool(report == BEHIND)


@tried_again
def test_a_lost_database_is_told_and_found_again(workspace: Workspace) -> None:
    with ExitStack() as first, ExitStack() as second:
        postgres = first.enter_context(temporary_service(Postgres(SERVICE)))
        port = urlsplit(postgres.url).port
        with serving(workspace.with_settings(DB__URL=postgres.url)) as server:
            http = server.http
            assert is_there(http)

            first.close()
            second.enter_context(temporary_service(Postgres(SERVICE), port))
            assert is_there(http)  # at once: connections are tested before they are used

            second.close()
            started = monotonic()
            assert not is_there(http)
            answer = http.get(TASK)
            assert monotonic() - started < GONE_WITHIN_S + SLACK_S
            assert_problem(answer, 503, "The database does not answer; try again soon.")
            assert answer.headers["retry-after"] == "1"
            assert http.get("/healthz").status_code == 200
            assert {http.get(TASK).status_code for _ in range(20)} == {503}

            with temporary_service(Postgres(SERVICE), port):
                assert wait_until(lambda: is_there(http), BACK_WITHIN_S + SLACK_S)
                # No table is there: a fault of ours, told without internal details.
                fault = http.get(TASK, headers={"x-request-id": "a-fault"})

            assert_problem(fault, 500, "The service failed; the log has the reason.")
            assert fault.headers["x-request-id"] == "a-fault"
            assert {"x-process-time", "server-timing"} <= set(fault.headers)
            log = server.program.log.read_text()
            assert "UndefinedTable" in log
            assert 1 <= log.count("database unavailable") < 10  # not once for each request
            labels = {"route": "/tasks/{task_id}", "method": "GET"}
            assert figure(http, "http_requests_total", **labels, status="500") == 1
