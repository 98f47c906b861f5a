"""Two worker processes of one server: figures that are right whichever process is asked."""

from uuid import uuid4

import httpx2
from hotpath.testing.servers import Pair, client, figure
from hotpath_services.process import wait_until

MANY = 500
SEEN_S = 5.0
"""A process shows what it counted a moment later."""

ROUTE = "/tasks/{task_id}"


def test_figures_are_totals_over_all_processes(pair: Pair) -> None:
    sent = 0
    with client(pair.server.port) as http:  # a new connection for each request
        while len(pair.pids_that_counted(ROUTE)) < 2 and sent < MANY:
            assert http.get(f"/tasks/{uuid4().hex}").status_code == 404
            assert http.get(f"/{uuid4().hex}").status_code == 404
            sent += 1
        assert len(pair.pids_that_counted(ROUTE)) == 2

        assert wait_until(lambda: counted(http) == (sent, sent, sent), SEEN_S)
        for _ in range(10):
            assert counted(http) == (sent, sent, sent)


def counted(http: httpx2.Client) -> tuple[float, float, float]:
    """Return how often the known route was counted, how often timed, and the unknown counted."""
    known, unknown = ({"method": "GET", "route": route} for route in (ROUTE, "<unmatched>"))
    return (
        figure(http, "http_requests_total", **known, status="404"),
        figure(http, "http_request_seconds_count", **known),
        figure(http, "http_requests_total", **unknown, status="404"),
    )


def test_paths_are_no_labels(pair: Pair) -> None:
    task_id = uuid4().hex
    for path in (f"/tasks/{task_id}", f"/{task_id}"):
        pair.server.http.get(path)

    assert task_id not in pair.server.http.get("/metrics").text
