"""The service as it starts: it responds, is ready, is measured and describes itself."""

import httpx2
from hotpath.testing.operations import ENGINE, Operation, described_operations
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import figure

FEATURES: tuple[Operation, ...] = ()
"""The operations of your features, as `/openapi.json` describes them. Add yours here."""


def test_it_responds_and_is_ready(http: httpx2.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json()["status"] == "ready"


def test_exactly_the_operations_that_are_served_are_described(http: httpx2.Client) -> None:
    assert described_operations(http) == {*ENGINE, *FEATURES}


def test_a_path_that_nothing_matches_is_a_problem(http: httpx2.Client) -> None:
    assert_problem(http.get("/nothing"), 404, "Nothing matches the given URI")


def test_requests_are_measured(http: httpx2.Client) -> None:
    before = figure(http, "http_requests_total", route="/readyz")

    http.get("/readyz")

    assert figure(http, "http_requests_total", route="/readyz") == before + 1
