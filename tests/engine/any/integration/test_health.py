"""What machines that watch the service are told."""

import httpx2
from hotpath.testing.servers import figure


def test_a_living_process_says_so(http: httpx2.Client) -> None:
    answer = http.get("/healthz")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == '{"status":"ok"}'


def test_a_ready_process_names_the_state_of_everything(http: httpx2.Client) -> None:
    answer = http.get("/readyz")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    report = answer.json()
    figures = report.pop("tasks")
    states = {"database": "ok", "schema": "ok", "cache": "ok", "queue": "ok"}
    assert report == {"status": "ready", **states, "remedy": None}
    assert figures.keys() == {"workers", "waiting", "oldest_s"}
    assert figures["workers"] in {0, 1}  # of Celery, one gives a sign of life each 5 s
    assert figures["waiting"] >= 0


def test_the_figures_are_in_the_format_of_prometheus(http: httpx2.Client) -> None:
    answer = http.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE" in answer.text
    assert answer.text.endswith("\n")


def test_a_request_is_counted_and_timed_once(http: httpx2.Client) -> None:
    labels = {"method": "GET", "route": "/healthz"}
    before = figure(http, "http_requests_total", **labels, status="200")
    timed_before = figure(http, "http_request_seconds_count", **labels)

    http.get("/healthz")

    assert figure(http, "http_requests_total", **labels, status="200") == before + 1
    assert figure(http, "http_request_seconds_count", **labels) == timed_before + 1


def test_a_scrape_sees_only_itself_in_flight(http: httpx2.Client) -> None:
    assert figure(http, "http_requests_in_flight") == 1
