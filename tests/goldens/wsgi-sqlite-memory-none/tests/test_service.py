"""The service as it starts: it responds, is ready, is measured and describes itself."""

import httpx2
from hotpath.testing.operations import ENGINE, described_operations
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import figure


def test_it_responds_and_is_ready(http: httpx2.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json()["status"] == "ready"


def test_it_describes_itself(http: httpx2.Client) -> None:
    assert described_operations(http, "health", "tasks") == set(ENGINE)


def test_a_path_that_nothing_matches_is_a_problem(http: httpx2.Client) -> None:
    assert_problem(http.get("/nothing"), 404, "Nothing matches the given URI")


def test_requests_are_measured(http: httpx2.Client) -> None:
    before = figure(http, "http_requests_total", route="/readyz")

    http.get("/readyz")

    assert figure(http, "http_requests_total", route="/readyz") == before + 1
