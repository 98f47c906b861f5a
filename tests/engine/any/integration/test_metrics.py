"""`/metrics`: who may read it, where, and what Prometheus thinks of it."""

import os
import random
import signal
import socket
import string
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from hotpath.service import Service
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import HOST, Pair, Server, client, figure, server_kinds, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import free_port, wait_until
from prometheus_client.parser import text_string_to_metric_families

from ..promtool import promtool
from ..users import add_user

TOKEN = "a token that only Prometheus knows"
REQUESTS = 10_000
CLIENTS = 8
SEEN_S = 10.0
REPLACED_S = 30.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LOCK")
PATHS = ("/{}", "/users/{}", "/users/{}/posts", "/tasks/{}", "/healthz/{}", "/debug/{}", "/a/{}/b")
BOUNDED = {"<unmatched>", "OTHER"}


def bearer(token: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_the_port_of_metrics_closes_a_connection_whose_body_it_has_not_read(
    workspace: Workspace,
) -> None:
    """It would be taken for the next request."""
    port = free_port()
    whole = b"GET /metrics HTTP/1.1\r\nhost: shop\r\ncontent-length: 35\r\n\r\n"
    with (
        serving(workspace.with_settings(OBSERVABILITY__METRICS_PORT=port)),
        socket.create_connection((HOST, port)) as connection,
    ):
        connection.sendall(whole + b"GET /nothing HTTP/1.1\r\nhost: shop\r\n\r\n")
        received = b"".join(iter(partial(connection.recv, 65_536), b""))

    assert received.count(b"HTTP/1.1 ") == 1


def test_with_a_token_only_who_sends_it_may_scrape(workspace: Workspace) -> None:
    with serving(workspace.with_settings(OBSERVABILITY__METRICS_TOKEN=TOKEN)) as server:
        for headers in (
            {},
            {"authorization": "Bearer"},
            bearer(f"{TOKEN}x"),
            {"authorization": f"Basic {TOKEN}"},
        ):
            denied = server.http.get("/metrics", headers=headers)
            assert_problem(denied, 404, "Nothing matches the given URI")
            assert_problem(server.http.post("/metrics"), 404, "Nothing matches the given URI")
        scrape = server.http.get("/metrics", headers=bearer(TOKEN))
        assert server.http.post("/metrics", headers=bearer(TOKEN)).status_code == 405

    assert scrape.status_code == 200
    assert "shop_http_requests_total" in scrape.text


@pytest.fixture
def with_port(
    workspace: Workspace, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Pair, httpx2.Client]]:
    """Run a server of two processes of a kind, and `/metrics` on a port of its own."""
    port = free_port()
    settings = {
        "SERVER__KIND": request.param,
        "OBSERVABILITY__METRICS_PORT": port,
        "OBSERVABILITY__METRICS_TOKEN": TOKEN,
    }
    place = workspace.with_variables({"TMPDIR": str(tmp_path)}).with_settings(**settings)
    with httpx2.Client(base_url=f"http://{HOST}:{port}", headers=bearer(TOKEN)) as metrics:
        with serving(place, "--workers", "2") as server:
            yield Pair(server, tmp_path), metrics
        assert wait_until(lambda: not is_taken(port), SEEN_S), "its process stays"


def is_taken(port: int) -> bool:
    with closing(socket.socket()) as attempt:
        return attempt.connect_ex((HOST, port)) == 0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "with_port" in metafunc.fixturenames:
        kinds = server_kinds(Service("shop"))
        metafunc.parametrize("with_port", kinds, indirect=True)


def test_on_a_port_of_its_own_are_the_metrics_and_nothing_else(
    with_port: tuple[Pair, httpx2.Client],
) -> None:
    pair, metrics = with_port
    server = pair.server

    assert wait_until(lambda: len(pair.pids()) == 2, SEEN_S)
    here = server.http.get("/metrics", headers=bearer(TOKEN))
    assert_problem(here, 404, "Nothing matches the given URI")
    assert metrics.get("/metrics", headers={"authorization": ""}).status_code == 404
    assert metrics.get("/healthz").status_code == 404
    scrape, head = metrics.get("/metrics"), metrics.head("/metrics")
    assert scrape.headers["content-type"].startswith("text/plain")
    assert head.headers["content-type"] == scrape.headers["content-type"]
    assert (head.status_code, head.content, "server" in head.headers) == (200, b"", False)
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        refused = metrics.request(method, "/metrics")
        assert (refused.status_code, refused.text) == (405, "Method Not Allowed\n")
        assert refused.headers["allow"] == "GET, HEAD"
    assert wait_until(lambda: figure(metrics, "shop_processes") == 2, SEEN_S)
    assert wait_until(lambda: figure(metrics, "http_requests_total", status="404") == 1, SEEN_S)


def test_processes_that_end_keep_their_counts_and_leave_no_files(
    with_port: tuple[Pair, httpx2.Client],
) -> None:
    pair, metrics = with_port
    [folder] = pair.folder.glob("metrics-*")

    def is_counted(sent: int) -> bool:
        return figure(metrics, "http_requests_total", route="/tasks/{task_id}") == sent

    def are_running(starts: int) -> bool:
        """Tell whether two processes run, of so many that were started."""
        running = figure(metrics, "shop_processes")
        return (running, figure(metrics, "process_starts_total")) == (2, starts)

    assert wait_until(lambda: are_running(2), SEEN_S)
    for sent, how in enumerate((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM), 1):
        with client(pair.server.port, is_kept=True) as http:
            http.get(f"/tasks/{uuid4().hex}")
        assert wait_until(partial(is_counted, sent), SEEN_S)

        os.kill(min(pair.pids()), how)

        assert wait_until(partial(are_running, 2 + sent), REPLACED_S)
        assert is_counted(sent)
        assert len([*folder.iterdir()]) <= 4


def test_the_port_is_free_again_after_the_server_was_killed(workspace: Workspace) -> None:
    port = free_port()
    with serving(workspace.with_settings(OBSERVABILITY__METRICS_PORT=port)) as server:
        assert is_taken(port)
        server.program.process.kill()

        assert wait_until(lambda: not is_taken(port), SEEN_S)


def test_a_port_that_is_taken_is_said_at_the_start(workspace: Workspace) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        port = taken.getsockname()[1]
        refused = workspace.with_settings(OBSERVABILITY__METRICS_PORT=port).run("serve")

    assert refused.returncode == 1
    assert refused.stderr == (
        f"SHOP_OBSERVABILITY__METRICS_PORT: cannot listen on {HOST}, port {port}: "
        "Address already in use.\n"
    )


def series(server: Server) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Return the series of a scrape, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items()))
        for family in text_string_to_metric_families(server.http.get("/metrics").text)
        for sample in family.samples
    }


def test_whatever_clients_send_adds_no_series(workspace: Workspace) -> None:
    with serving(workspace) as server:
        send_anything(server.port, REQUESTS // 20, seed=1)
        assert wait_until(lambda: counted(server) >= REQUESTS // 20, SEEN_S)
        before = series(server)
        send_anything(server.port, REQUESTS, seed=2)
        assert wait_until(lambda: counted(server) >= REQUESTS + REQUESTS // 20, SEEN_S)
        after = series(server)

    assert len(before) > 100
    new = {labels for _, labels in after - before if BOUNDED.isdisjoint(dict(labels).values())}
    assert new == set()
    assert len(after - before) < 50


def counted(server: Server) -> float:
    return figure(server.http, "http_requests_total")


def send_anything(port: int, requests: int, seed: int) -> None:
    """Send random methods, paths, ids and queries, from several clients at once."""

    def send(number: int) -> None:
        chosen = random.Random(seed * CLIENTS + number)
        with client(port, is_kept=True) as http:
            for _ in range(requests // CLIENTS):
                name = "".join(chosen.choices(string.ascii_lowercase + string.digits, k=12))
                path = chosen.choice(PATHS).format(chosen.choice((name, str(chosen.random())[2:9])))
                http.request(chosen.choice(METHODS), path, params={name: name})

    with ThreadPoolExecutor(CLIENTS) as threads:
        for sent in [*threads.map(send, range(CLIENTS))]:
            assert sent is None


def test_prometheus_has_nothing_to_complain_about(http: httpx2.Client) -> None:
    user = add_user(http)
    http.get(f"/users/{user['id']}")
    http.post(f"/users/{user['id']}/welcome")
    scrape = http.get("/metrics").text

    assert 'shop_tasks_accepted_total{task="' in scrape
    assert promtool("check", "metrics", text=scrape) == ""
