"""`/debug/memory`: what grows is named, by its line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hotpath.testing.servers import Server
from hotpath.testing.workspace import Workspace

from ..debugging import BEARER, LEAKED, debugging, leaking

REQUESTS = 60
EACH_BYTES = 100_000


@pytest.fixture(scope="module")
def server(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with a route that leaks."""
    place = leaking(workspace, tmp_path_factory.mktemp("leaking"))
    with debugging(place) as running:
        yield running


def leak(server: Server) -> None:
    for _ in range(REQUESTS):
        assert server.http.get("/leak").status_code == 204


def test_a_leak_is_at_the_top_of_the_difference(server: Server) -> None:
    http = server.http
    for _ in range(3):
        http.get("/healthz")
    missing = http.get("/debug/memory/difference", headers=BEARER)
    first = http.post("/debug/memory/snapshot", headers=BEARER)
    again = http.post("/debug/memory/snapshot", headers=BEARER)
    leak(server)
    difference = http.get("/debug/memory/difference?top=3", headers=BEARER)
    traced = http.get("/debug/memory", headers=BEARER).json()
    stopped = http.delete("/debug/memory/snapshot", headers=BEARER)
    after = http.get("/debug/memory/difference", headers=BEARER)

    assert missing.status_code == 409
    assert "has no snapshot: POST /debug/memory/snapshot first" in missing.json()["detail"]
    assert first.json()["tracing_started"]
    assert not again.json()["tracing_started"]
    lines = difference.json()["lines"]
    assert len(lines) == 3
    source = Path(lines[0]["file"])
    assert source.parts[-2:] == ("posts", "routes.py")
    assert LEAKED in source.read_text().splitlines()[lines[0]["line"] - 1]
    assert lines[0]["size_diff_bytes"] >= REQUESTS * EACH_BYTES
    assert lines[0]["count_diff"] >= REQUESTS
    assert difference.json()["size_diff_bytes"] >= REQUESTS * EACH_BYTES
    assert traced["traced"]
    assert traced["traced_bytes"] > REQUESTS * EACH_BYTES
    assert stopped.status_code == 204
    assert after.status_code == 409
    assert not http.get("/debug/memory", headers=BEARER).json()["traced"]


def test_the_growth_of_a_function_is_counted_and_logged(server: Server) -> None:
    before = server.http.get("/debug/memory", headers=BEARER).json()
    leak(server)

    after = server.http.get("/debug/memory", headers=BEARER).json()

    [growth] = after["functions"]
    calls = before["functions"][0]["calls"] if before["functions"] else 0
    assert growth["name"].endswith("posts.routes.leak")
    assert growth["calls"] == calls + REQUESTS
    assert growth["total_bytes"] >= REQUESTS * EACH_BYTES / 2
    assert after["rss_bytes"] - before["rss_bytes"] >= REQUESTS * EACH_BYTES / 2
    assert '"event":"rss delta"' in server.program.log.read_text().replace('": "', '":"')


def test_objects_are_counted_by_type_if_asked(server: Server) -> None:
    plain = server.http.get("/debug/memory", headers=BEARER).json()
    asked = server.http.get("/debug/memory?objects=5", headers=BEARER).json()

    assert plain["objects"] is None
    counts = [each["count"] for each in asked["objects"]]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)
    assert 0 < plain["uss_bytes"] <= plain["rss_bytes"]


@pytest.mark.parametrize("path", ["/debug/memory?objects=1000", "/debug/memory/difference?top=0"])
def test_what_is_out_of_bounds_is_422(server: Server, path: str) -> None:
    assert server.http.get(path, headers=BEARER).status_code == 422


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_snapshots_are_for_who_has_the_token(server: Server, method: str) -> None:
    assert server.http.request(method, "/debug/memory/snapshot").status_code == 404
