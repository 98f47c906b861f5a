"""What locust measured is read from its CSV, and kept for the history."""

import json
from pathlib import Path

from hotpath.testing.load.figures import ALL, Figures, read_figures, write_figures

CSV = """\
Type,Name,Request Count,Failure Count,Average Response Time,Requests/s,Failures/s,50%,99.9%
GET,/a,10,4,3.14,2.004,0.8,3,12
GET,/b,0,0,0,0,0,N/A,N/A
,Aggregated,10,4,3.14,2.004,0.8,3,12
"""


def test_each_route_and_all_of_them_are_read(tmp_path: Path) -> None:
    (tmp_path / "run_stats.csv").write_text(CSV)

    measured = read_figures(tmp_path / "run_stats.csv")

    some = Figures(10, 4, 2.0, {"50%": 3.0, "99.9%": 12.0})
    assert {"GET /a": some, "GET /b": Figures(0, 0, 0.0, {}), ALL: some} == measured


def test_figures_are_kept_under_their_routes(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"

    write_figures({"GET /a": Figures(10, 4, 2.0, {"50%": 3.0})}, file)

    kept = {"requests": 10, "failures": 4, "requests_per_s": 2.0, "latencies_ms": {"50%": 3.0}}
    assert json.loads(file.read_text("utf-8")) == {"GET /a": kept}
