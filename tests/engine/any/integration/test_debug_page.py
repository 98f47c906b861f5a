"""`/debug`: the page, in a browser too, and the same as JSON, of a process that was used."""

import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import Server, figure
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..debugging import BEARER, TOKEN, debugging
from ..shop import KINDS
from ..users import add_user, unique_email

HTML = {"accept": "text/html"}
SOON_S = 20.0
READS = 20
LIGHT, DARK = (244, 245, 247), (22, 24, 27)
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = "background-networking", "component-update", "gpu", "quic", "sync"
OPTIONS = (
    *("--headless", "--no-sandbox", "--no-first-run", "--hide-scrollbars"),
    *(f"--disable-{each}" for each in QUIET),
)
SECTIONS = {
    *("at", "process", "system", "event_loop", "threads", "latency", "pools", "cache", "batches"),
    *("queue", "statements", "garbage", "timers", "links"),
}


@pytest.fixture(scope="module")
def debugged(workspace: Workspace) -> Iterator[Server]:
    """Run a server that has answered some requests."""
    with debugging(workspace) as running:
        rows = [{"email": unique_email(), "name": "Ada"} for _ in range(10)]
        assert running.http.post("/users/bulk", json=rows).status_code == 201
        user = add_user(running.http)
        for _ in range(READS):
            running.http.get(f"/users/{user['id']}").raise_for_status()
        yield running


def report_of(debugged: Server) -> dict[str, Any]:
    report: dict[str, Any] = debugged.http.get("/debug.json", headers=BEARER).json()
    return report


def row_of(rows: list[dict[str, Any]], **values: str) -> dict[str, Any]:
    [row] = [row for row in rows if values.items() <= row.items()]
    return row


def test_the_report_tells_of_process_machine_and_pools(debugged: Server) -> None:
    report = report_of(debugged)

    assert report.keys() == SECTIONS
    assert report["process"]["processes"] == 1
    assert report["process"]["pid"] == report["pools"]["pid"] == report["cache"]["pid"]
    assert report["process"]["rss_bytes"] > 20_000_000
    assert report["process"]["requests_in_flight"] == 1
    assert report["process"]["uptime_s"] > 0
    assert report["system"]["memory_total_bytes"] > report["process"]["rss_bytes"]
    assert 0 <= report["system"]["cpu_percent"] <= 100
    assert report["queue"]["state"] == "ok"
    assert report["queue"].keys() == {"state", "workers", "waiting", "oldest_s"}
    assert report["garbage"]["frozen"] > 10_000
    assert [each["generation"] for each in report["garbage"]["generations"]] == [0, 1, 2]


def test_the_report_tells_of_routes_statements_batches_and_timers(debugged: Server) -> None:
    report = report_of(debugged)

    route = row_of(report["latency"]["routes"], method="GET", route="/users/{user_id}")
    assert route["requests"] == READS
    assert route["requests_per_s"] == pytest.approx(READS / report["latency"]["window_s"], rel=0.5)
    assert 0 < route["p50_s"] <= route["p95_s"] <= route["p99_s"] < 10
    totals = [each["total_s"] for each in report["statements"]]
    assert totals == sorted(totals, reverse=True)
    insert = next(each for each in report["statements"] if "INTO users" in each["statement"])
    assert insert["count"] >= 1
    assert 0 < insert["p95_s"] <= insert["max_s"]
    assert "Ada" not in str(report["statements"])
    batch = row_of(report["batches"], kind="user_by_id")
    assert 1 <= batch["batches"] <= READS
    assert batch["keys_mean"] == 1
    timer = row_of(report["timers"], name="users.create_many")
    assert (timer["count"], timer["errors"]) == (1, 0)


def test_timers_are_metrics(debugged: Server) -> None:
    def counted() -> float:
        return figure(debugged.http, "timer_seconds_count", name="users.create_many")

    assert wait_until(lambda: counted() == 1, SOON_S)


def test_who_asks_for_json_gets_what_debug_json_says(debugged: Server) -> None:
    answer = debugged.http.get("/debug", headers={**BEARER, "accept": "application/json"})

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == SECTIONS


def test_the_page_is_for_who_has_the_token(debugged: Server) -> None:
    by_token = debugged.http.get("/debug", headers=BEARER)
    by_password = debugged.http.get("/debug", headers=HTML, auth=("anybody", TOKEN))

    for answer in (by_token, by_password):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "/users/{user_id}" in answer.text
        assert len(answer.content) < 60_000


def test_a_browser_is_asked_for_the_password_and_nobody_else(debugged: Server) -> None:
    for credentials in (None, ("anybody", "wrong")):
        asked = debugged.http.get("/debug", headers=HTML, auth=credentials)
        assert asked.status_code == 401
        assert asked.headers["www-authenticate"].startswith("Basic realm=")

    assert_problem(debugged.http.get("/debug"), 404, "Nothing matches the given URI")
    for path in ("/debug.json", "/debug/pools", "/debug/memory"):
        refused = debugged.http.get(path, headers=HTML)
        assert_problem(refused, 404, "Nothing matches the given URI")
    wrong = debugged.http.get("/debug", headers={**HTML, "authorization": "Bearer wrong"})
    assert_problem(wrong, 404, "Nothing matches the given URI")


@pytest.mark.parametrize("path", ["/debug", "/debug.json", "/debug/memory"])
def test_without_a_token_there_is_nothing(http: httpx2.Client, path: str) -> None:
    for authorization in ("", "Bearer", "Basic Og=="):
        answer = http.get(path, headers={**HTML, "authorization": authorization})
        assert answer.content == http.get("/nothing").content


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_server_says_which_of_its_processes_responds(
    kind: str, workspace: Workspace
) -> None:
    with debugging(workspace, "--workers", "2", SERVER__KIND=kind) as running:
        answer = running.http.get("/debug", headers=BEARER)
        report = report_of(running)

    assert "one of 2 processes" in answer.text
    assert report["process"]["processes"] == 2
    assert report["process"]["pid"] != running.program.process.pid


def browse(debugged: Server, *options: str, folder: Path) -> str:
    """Open the page in a new browser; return its elements."""
    url = f"http://anybody:{TOKEN.replace(' ', '%20')}@127.0.0.1:{debugged.port}/debug"
    own = f"--user-data-dir={folder / 'browser'}"
    command = [str(CHROMIUM), *OPTIONS, own, *options, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def first_pixel(png: Path) -> tuple[int, ...]:
    """Return red, green and blue of the upper left pixel, whatever the row's filter."""
    data = png.read_bytes()
    chunks, place = b"", 8
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        chunks += data[place + 8 : place + 8 + size] if kind == b"IDAT" else b""
        place += size + 12
    return tuple(zlib.decompress(chunks)[1:4])


@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium: `apt-get install chromium`.")
def test_a_browser_shows_the_page(debugged: Server, tmp_path: Path) -> None:
    elements = browse(debugged, folder=tmp_path)

    assert '<td class="text" data-label="route">/users/{user_id}</td>' in elements
    assert "users.create_many" in elements


@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium: `apt-get install chromium`.")
@pytest.mark.parametrize(("scheme", "background"), [("1", LIGHT), ("0", DARK)])
def test_the_page_is_light_or_dark_as_the_browser_is(
    debugged: Server, tmp_path: Path, scheme: str, background: tuple[int, ...]
) -> None:
    picture = tmp_path / "page.png"
    look = f"--blink-settings=preferredColorScheme={scheme}"

    browse(debugged, "--window-size=390,844", look, f"--screenshot={picture}", folder=tmp_path)

    assert first_pixel(picture) == background
