"""Traces by the variables of OpenTelemetry, as a collector gets them from real servers."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..collector import ERROR, PARENT_ID, TRACE_ID, TRACEPARENT, Collector, Exported, collecting
from ..log_lines import events, json_lines
from ..planted_service import PLANTED, serving_planted
from ..shop import KINDS, SERVICE
from ..users import add_user

SERVER_KIND = 2
CLIENT_KIND = 3
STOPS_WITHIN_S = 12.0


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture
def place(workspace: Workspace, collector: Collector) -> Workspace:
    return workspace.with_variables(collector.variables)


def is_statement_of(parent: Exported) -> Callable[[Exported], bool]:
    return lambda span: span.parent_id == parent.span_id and "db.query.text" in span.attributes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_and_its_statements_are_one_trace_of_the_client(
    kind: str, workers: int, place: Workspace, collector: Collector
) -> None:
    settings = {"SERVER__KIND": kind, "SERVER__WORKERS": workers}
    with serving(place.with_settings(**settings)) as server:
        user = add_user(server.http)
        hot, framework = f"/users/{user['id']}", "/readyz"
        for path in (hot, framework):
            server.http.get(path, headers=TRACEPARENT)

        of_hot = collector.named("GET /users/{user_id}")
        of_framework = collector.named("GET /readyz")
        for request, path, route in (
            (of_hot, hot, "/users/{user_id}"),
            (of_framework, framework, framework),
        ):
            assert (request.trace_id, request.parent_id) == (TRACE_ID, PARENT_ID)
            assert request.kind == SERVER_KIND
            assert request.attributes["http.request.method"] == "GET"
            assert request.attributes["url.path"] == path
            assert request.attributes["http.route"] == route
            assert request.attributes["http.response.status_code"] == 200
            assert request.attributes["client.address"] == "127.0.0.1"
        [statement, *_] = collector.wait_for(is_statement_of(of_hot))
        assert statement.trace_id == TRACE_ID
        assert statement.kind == CLIENT_KIND
        assert statement.name == statement.attributes["db.operation.name"] == "SELECT"
        assert statement.attributes["db.system.name"] in {"postgresql", "sqlite"}
        assert "users" in str(statement.attributes["db.query.text"])
        assert of_hot.resource["service.name"] == SERVICE.distribution
        assert of_hot.resource["service.version"] == SERVICE.version


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeated_request_has_the_parent_that_it_names(
    kind: str, place: Workspace, collector: Collector
) -> None:
    with serving(place.with_settings(SERVER__KIND=kind)) as server:
        for number in range(1, 4):
            parent = f"{number:016x}"
            server.http.get("/healthz", headers={"traceparent": f"00-{TRACE_ID}-{parent}-01"})
        server.http.get("/healthz")

        spans = collector.wait_for(lambda span: span.trace_id == TRACE_ID, 3)
        assert sorted(int(span.parent_id, 16) for span in spans) == [1, 2, 3]
        others = collector.wait_for(lambda span: span.trace_id != TRACE_ID)
        assert {span.parent_id for span in others} == {""}


@pytest.mark.parametrize("kind", KINDS)
def test_lines_have_the_id_of_the_trace_that_is_recorded(
    kind: str, place: Workspace, collector: Collector, tmp_path: Path
) -> None:
    with serving_planted(place, tmp_path, SERVER__KIND=kind) as server:
        server.http.get("/fail", params={"secret": "x"}, headers=TRACEPARENT)
        not_sampled = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-00"}
        server.http.get("/healthz", headers=not_sampled)
        failed = collector.named("GET /fail")

        server.program.stop()
        server.program.ends_within(STOPS_WITHIN_S)
        lines = json_lines(server.program.log)
    of_trace = {line["event"] for line in lines if line.get("trace_id") == TRACE_ID}
    assert of_trace == {"request", "request failed"}
    assert (failed.status, failed.attributes["error.type"]) == (ERROR, "500")
    assert failed.resource["service.name"] == PLANTED.distribution
    assert not [
        span
        for span in collector.spans
        if span.attributes.get("url.path") == "/healthz" and span.trace_id == TRACE_ID
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_outbound_call_continues_the_trace_elsewhere(
    kind: str, place: Workspace, collector: Collector, tmp_path: Path
) -> None:
    received: list[str | None] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.headers["traceparent"])
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with (
        HTTPServer(("127.0.0.1", 0), Other) as other,
        serving_planted(place, tmp_path, SERVER__KIND=kind) as server,
    ):
        Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}/x"
        server.http.get("/call", params={"url": f"{url}?token=1"}, headers=TRACEPARENT)

        request = collector.named("GET /call")
        [call] = collector.wait_for(lambda span: span.parent_id == request.span_id)
        other.shutdown()
    assert received == [f"00-{TRACE_ID}-{call.span_id}-01"]
    assert (call.kind, call.status) == (CLIENT_KIND, ERROR)
    assert call.attributes["url.full"] == url
    assert call.attributes["http.response.status_code"] == 404


def test_a_failed_statement_is_marked_and_shows_no_value(
    place: Workspace, collector: Collector, tmp_path: Path
) -> None:
    with serving_planted(place, tmp_path) as server:
        server.http.get("/clash", params={"secret": "swordfish"})

        [failed] = collector.wait_for(
            lambda span: span.status == ERROR and "db.query.text" in span.attributes
        )
    assert failed.name == "INSERT"
    assert "error.type" in failed.attributes
    assert "swordfish" not in str(
        [span.attributes for span in collector.spans if "db.query.text" in span.attributes]
    )


def test_the_sampler_is_that_of_the_variables(place: Workspace, collector: Collector) -> None:
    sampled = place.with_variables({"OTEL_TRACES_SAMPLER": "parentbased_always_off"})
    with serving(sampled) as server:
        server.http.get("/healthz")
        server.http.get("/readyz", headers=TRACEPARENT)
        collector.named("GET /readyz")
        server.program.stop()
        server.program.ends_within(STOPS_WITHIN_S)

    assert {span.trace_id for span in collector.spans} == {TRACE_ID}


def test_what_is_left_is_exported_at_the_end(workspace: Workspace, collector: Collector) -> None:
    late = {**collector.variables, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    with serving(workspace.with_variables(late)) as server:
        server.http.get("/healthz", headers=TRACEPARENT)
        server.program.stop()
        server.program.ends_within(STOPS_WITHIN_S)

    assert TRACE_ID in {span.trace_id for span in collector.spans}


def test_a_collector_that_is_away_holds_up_no_end(workspace: Workspace) -> None:
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with serving(workspace.with_variables(away)) as server:
        assert server.http.get("/healthz").status_code == 200
        server.program.stop()
        assert server.program.ends_within(STOPS_WITHIN_S) == 0
        json_lines(server.program.log)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_SERVICE_NAME": "other"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_unless_variables_ask_for_it_nothing_is_imported(
    variables: dict[str, str], workspace: Workspace
) -> None:
    """FastAPI imports OpenTelemetry's API, which does nothing; redis-py imports its SDK."""
    tell = {"PYTHONPROFILEIMPORTTIME": "1", **variables}
    with serving(workspace.with_variables(tell)) as server:
        server.http.get("/readyz")
        imported = server.program.log.read_text()

    assert "hotpath.observability.tracing" in imported
    assert "opentelemetry.exporter" not in imported
    assert "hotpath.observability.otel" not in imported
    assert "opentelemetry.sdk" not in imported or " redis\n" in imported


def test_an_exporter_that_is_not_installed_is_said_in_the_log(workspace: Workspace) -> None:
    place = workspace.with_variables({"OTEL_TRACES_EXPORTER": "carrier-pigeon"})
    with serving(place) as server:
        assert "no traces: there is no such exporter" in events(server.program.log)
