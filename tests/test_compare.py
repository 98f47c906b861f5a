"""`nox -s compare`: figures, bars, the page, the paced sender; each peer answers the contract."""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest
from compare.bars import BARS, Verdict, judge
from compare.before import beside_earlier, ratios
from compare.cores import CompareError, choose_cores
from compare.history import append, line_of, summary
from compare.load import HOW_TO_GET_IT, Load, read_printed
from compare.paced import send_paced
from compare.page import page, plot, write_page
from compare.recipes import PEERS as PEERS_FOLDER
from compare.recipes import Hotpath
from compare.results import Begin, Results, Run, read_results
from compare.rounds import POSTGRES, SQLITE
from compare.service import Service, served
from compare.source import Lines, Source, count
from compare.stores import open_stores
from compare.systems import SYSTEM_BY_ID, SYSTEMS, Start, System, asks, chosen
from compare.workloads import TABLE, WORKLOADS
from conftest import ROOT

NOW = ((1, 90.0), (2, 100.0), (3, 120.0))
SPEEDS = {"asgi-postgres-hot": 300.0, "floor": 320.0, "typical_flask": 10.0, "typical_fastapi": 8.0}
PEERS = (
    "fastapi_template",
    "typical_fastapi",
    "litestar",
    "typical_flask",
    "typical_sqlite",
    "floor",
)
ONE_FILE = '''"""What it is."""

import json
from typing import (
    Any,
    Literal,
)

app = Any


# region users
class User:
    """A user."""

    status: Literal["on"]  # on

    # a comment


# endregion


def main() -> None:
    print(json.dumps({}))
'''
ROUTES = """from fastapi import Router
from .schemas import New, Old

router = Router()


@router.post("/users")
def create(new: New) -> None:
    return add(new)


def change(old: Old) -> None: ...
"""
SCHEMAS = """from pydantic import BaseModel

MOST = 7


class New(BaseModel):
    size: int = MOST


class Old(BaseModel):
    size: int
"""


def run_of(system: str, workload: str, number: int, per_second: float, busy: float = 1.0) -> Run:
    return Run(number, system, workload, per_second, 1e6 / per_second, busy, 1.5, 9.5, 100)


@pytest.fixture
def results() -> Results:
    """Return three rounds, one of them in a busy moment."""
    titles = {system.id: system.title for system in SYSTEMS}
    machine = {"processor": "Some <Processor>", "cores": "2: 1 and 1"}
    measured = Results("2026-11-23", 3, 2, "nox -s compare", machine, {"floor": {}}, titles)
    for system, speed in SPEEDS.items():
        for workload in TABLE:
            if workload == "W2r" and system.startswith("typical"):
                continue
            speeds = (speed, speed * 1.01, speed / 5)
            measured.runs += [run_of(system, workload, n, s) for n, s in enumerate(speeds, 1)]
        measured.starts.append(Begin(1, system, "a-stack", 0.5, 80.0, 60.0))
        measured.sources[system] = Lines(40, 50, 3)
    return measured


def test_a_busy_moment_does_not_move_the_median(results: Results) -> None:
    assert results.median("floor", "W1") == 320.0


def test_a_system_whose_only_cache_is_redis_is_compared_by_it(results: Results) -> None:
    assert results.median("typical_flask", "W2r") == results.median("typical_flask", "W2") == 10.0
    assert results.median("fastapi_template", "W2r") is None
    results.runs = [run for run in results.runs if run.workload != "W2r"]
    assert results.median("floor", "W2r") is None


def test_a_bar_is_about_the_best_of_its_baselines(results: Results) -> None:
    best, *_, floor = (judge(results, bar) for bar in BARS)

    assert best["W1"] == Verdict(30.0, 30)
    assert best["W1"].is_met
    assert str(best["W2r"]) == "30.0 of 8 met"
    assert str(floor["W4"]) == "0.94 of 0.85 met"


def test_a_bar_that_is_not_reached_or_not_measured_is_not_met() -> None:
    assert str(Verdict(29.94, 30)) == "29.9 of 30 **short**"
    assert not Verdict(29.99, 30).is_met
    assert not Verdict(None, 30).is_met


def test_every_bar_is_about_systems_and_workloads_that_are_measured() -> None:
    for bar in BARS:
        for system in (bar.system, *bar.baselines):
            needed = set(bar.workloads) - {"W2r"}
            assert all(asks(SYSTEM_BY_ID[system], workload) for workload in needed)
            assert not SYSTEM_BY_ID[system].is_extra


def test_the_page_is_made_from_stored_figures_alone(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "benchmarks.json")
    stored = read_results(tmp_path / "benchmarks.json")

    write_page(stored, tmp_path)

    assert stored == results
    written = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert written == page(results)
    assert "| floor: bare ASGI, batched asyncpg, granian | 320 | 320 |" in written
    assert "30.0 of 30 met" in written
    assert "| floor: bare ASGI, batched asyncpg, granian | 40 | 50 | 3 |" in written
    assert (tmp_path / "benchmarks.svg").read_text("utf-8") == plot(results)


def test_a_line_of_the_history_has_ratios_and_what_they_were_measured_on(results: Results) -> None:
    results.runs = [run for run in results.runs if run.workload in {"W1", "W2"}]

    line = json.loads(line_of(results, "a-commit"))

    assert line["machine"] == results.machine
    assert (line["commit"], line["date"]) == ("a-commit", "2026-11-23")
    best, floor = BARS[0].title, BARS[-1].title
    assert line["bars"] == {best: {"W1": 30.0, "W2": 30.0}, floor: {"W1": 0.938, "W2": 0.938}}


def test_the_summary_is_the_table_of_bars(results: Results) -> None:
    assert "30.0 of 30 met" in summary(results)
    assert "processor Some <Processor>" in summary(results)


def test_what_is_kept_grows_by_a_line(tmp_path: Path) -> None:
    file = tmp_path / "new" / "history.jsonl"

    append("1", file)
    append("2", file)

    assert file.read_text("utf-8") == "1\n2\n"


def test_the_plot_has_a_bar_per_figure_in_a_panel_per_workload(results: Results) -> None:
    drawn = ElementTree.fromstring(plot(results))

    name = "{http://www.w3.org/2000/svg}"
    panels = drawn.findall(f"{name}g")
    bars = [len(panel.findall(f"{name}rect")) for panel in panels]
    assert [len(SPEEDS)] * len(TABLE) == bars


def test_a_figure_that_the_load_limited_is_in_brackets(results: Results) -> None:
    results.runs += [run_of("wsgi-postgres-hot", "W7", 1, 5000.0, busy=0.4)]

    assert "| – | (5,000) |" in page(results)


def test_wrong_answers_fail_a_run_and_one_is_shown() -> None:
    printed = 'COMPARE 100 2000000 3 0 1500 9000\nWRONG 200 {"id":7}\n'

    with pytest.raises(CompareError, match=r'3 of 100 answers were wrong.*"id":7'):
        read_printed(printed)


@pytest.mark.parametrize("line", ["COMPARE 100 2000000 0 2 1 1", "COMPARE 0 2000000 0 0 0 0", ""])
def test_lost_answers_fail_a_run(line: str) -> None:
    with pytest.raises(CompareError):
        read_printed(f"{line}\nWRONG \n")


def test_what_wrk_saw_is_read() -> None:
    load = read_printed("Running 2s test\nCOMPARE 100 2000000 0 0 1500 9000\nWRONG \n")

    assert load == Load(100, 2.0, 1.5, 9.0)
    assert load.per_second == 50.0


def test_one_core_is_refused() -> None:
    assert choose_cores({3, 1, 2}).others == {2, 3}
    with pytest.raises(CompareError, match="at least two"):
        choose_cores({0})


def test_only_names_workloads_and_parts_of_systems() -> None:
    systems, workloads = chosen(["W1", "sqlite"])
    everything, all_workloads = chosen([])

    assert [s.id for s in systems] == ["asgi-sqlite-hot", "typical_sqlite", "asgi-sqlite-plain"]
    assert [s.id for s in chosen(["asgi-postgres-hot"])[0]] == ["asgi-postgres-hot"]
    assert workloads == {"W1"}
    assert list(everything) == [system for system in SYSTEMS if not system.is_extra]
    assert all_workloads == set(WORKLOADS)


def test_services_of_a_commit_take_turns_with_those_of_now(tmp_path: Path) -> None:
    systems = beside_earlier(chosen(["asgi-sqlite-hot", "floor"])[0], "HEAD")

    assert [s.id for s in systems] == ["asgi-sqlite-hot", "asgi-sqlite-hot-before"]
    names = [start.recipe.name for system in systems for start in system.starts]
    assert len(set(names)) == 4
    recipe = systems[1].starts[0].recipe
    assert isinstance(recipe, Hotpath)
    recipe.render(tmp_path / recipe.name)
    assert "aiosqlite" in (tmp_path / recipe.name / "pyproject.toml").read_text()


def test_a_ratio_is_of_two_figures_of_one_round(results: Results) -> None:
    now = [run_of("asgi-postgres-hot", "W1", number, speed) for number, speed in NOW]
    then = [run_of("asgi-postgres-hot-before", "W1", number, 100.0) for number, _ in NOW]
    results.runs = [*now, *then, run_of("asgi-postgres-hot", "W7", 1, 5.0)]

    title, *lines = ratios(results)

    assert title.split() == ["now", "/", "before", "median", "least", "most"]
    assert [line.split() for line in lines] == [["asgi-postgres-hot", "W1", "1.00", "0.90", "1.20"]]


@pytest.mark.parametrize(
    ("words", "revision", "sentence"),
    [
        (["floor"], "HEAD", "the template renders"),
        (["asgi-sqlite-hot"], "nowhere", "nowhere is no commit"),
    ],
)
def test_what_has_no_service_before_is_refused(
    words: list[str], revision: str, sentence: str
) -> None:
    with pytest.raises(CompareError, match=sentence):
        beside_earlier(chosen(words)[0], revision)


def test_the_lines_of_a_marked_region_are_counted_with_the_imports_it_uses(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ONE_FILE)

    lines = count(Source((tmp_path / "app.py",)))

    assert lines == Lines(asked=5, all=5, files=1)  # User and status; `from`, `Literal`, `)`


def test_the_lines_of_what_is_asked_for_are_counted_over_files(tmp_path: Path) -> None:
    files = tmp_path / "routes.py", tmp_path / "schemas.py", tmp_path / "__init__.py"
    for file, text in zip(files, (ROUTES, SCHEMAS, '"""Users."""\n'), strict=True):
        file.write_text(text)

    lines = count(Source(files, ("create",)))

    assert lines == Lines(asked=6 + 4, all=7 + 6, files=2)  # without `change` and `Old`


def test_every_measured_system_has_lines_of_source(tmp_path: Path) -> None:
    for system in (system for system in SYSTEMS if system.kind != "aside"):
        recipe = system.starts[0].recipe
        folder = tmp_path / recipe.name
        if not isinstance(recipe, Hotpath):
            folder = PEERS_FOLDER / recipe.name
        elif not folder.exists():
            recipe.render(folder)

        lines = count(recipe.source(folder))

        assert 0 < lines.asked <= lines.all, system.id
        assert (lines.asked < lines.all) == isinstance(recipe, Hotpath), system.id


def compare(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "compare", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_all_systems_and_workloads() -> None:
    done = compare("--help")

    assert not done.returncode
    assert all(name in done.stdout for name in (*SYSTEM_BY_ID, *WORKLOADS, "--rounds", "--only"))


def test_without_wrk_one_sentence_says_how_to_get_it() -> None:
    done = compare(PATH="/nowhere")

    assert done.returncode == 1
    assert done.stderr == f"{HOW_TO_GET_IT}\n"


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.path.rpartition("/")[2].encode()
            answer = body.replace(b"ASKED", asked)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_the_paced_sender_sends_as_many_as_are_due() -> None:
    with answering(b'{"id":ASKED,"name":"x"}') as port:
        load = send_paced("127.0.0.1", port, "/users", rate=100, seconds=1, seed=4)

    assert 60 < load.requests < 140
    assert 0 < load.p50_ms <= load.p99_ms


def test_the_paced_sender_refuses_a_wrong_answer() -> None:
    with answering(b'{"id":0,"name":"x"}') as port, pytest.raises(CompareError, match="asked for"):
        send_paced("127.0.0.1", port, "/users", rate=100, seconds=1, seed=4)


def ask(url: str, body: object = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read()


@pytest.mark.projects
def test_every_peer_answers_the_contract(tmp_path: Path) -> None:
    """On what the comparison measures: a small part of the data, real servers, their own start."""
    cores = choose_cores(os.sched_getaffinity(0))
    for recipe in (POSTGRES, SQLITE):
        recipe.make(tmp_path / recipe.name)
    with open_stores(
        tmp_path / POSTGRES.name, tmp_path / SQLITE.name, tmp_path, cores, users=120
    ) as stores:
        for system in (SYSTEM_BY_ID[name] for name in PEERS):
            start = Start(system.starts[0].recipe, ())
            if not (tmp_path / start.recipe.name).exists():
                start.recipe.make(tmp_path / start.recipe.name)
            with served(system, start, tmp_path, stores.fresh(), cores) as service:
                assert_contract(system, service)


def assert_contract(system: System, service: Service) -> None:
    at, paths = f"http://127.0.0.1:{service.port}", system.paths
    users = at + paths.users
    new = {"email": "ada@example.org", "name": "Ada"}
    more = [{"email": f"bob{n}@example.org", "name": "Bob"} for n in range(3)]

    read = json.loads(ask(f"{users}/7")[1])
    shown = json.loads(ask(f"{users}?limit=50&after=60")[1])["items"]
    kept = [json.loads(ask(f"{at}{paths.in_redis}/9")[1]) for _ in range(2)]
    status, created = ask(users, new)
    lines = ask(f"{users}/export")[1].splitlines()

    assert read.keys() == {"id", "email", "name", "status", "created_at"}
    assert read["id"] == 7
    assert [user["id"] for user in shown] == list(range(61, 111))
    assert kept[0] == kept[1] == json.loads(ask(f"{users}/9")[1])
    assert (status, json.loads(created)["email"]) == (201, new["email"])
    assert [json.loads(line)["id"] for line in lines] == list(range(1, 122))
    status, inserted = ask(f"{users}/bulk", more)
    assert (status, json.loads(inserted)) == (201, {"inserted": 3})
