"""What recording requests costs: `nox -s bench -- STACK observability_cost`.

`wrk` asks two servers in turn, of one process each, eleven rounds of two seconds. On: as they come,
with metrics, ids of requests and a line in the access log of each. Off: none of it; there is no
setting for that. What is compared is the processor time of the server for a request, which other
programs of the machine disturb less than they do requests/s.

µs of a request off, and how much more it is on; 2 cores that nobody else used, November 2026:

    stack            /healthz       a user, from the database
    asgi, sqlite     12.4  13 %     30.0  10 %
    asgi, postgres   12.6  16 %     26.7  14 %
    wsgi, postgres   11.7  23 %     72.3  11 %
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from hotpath.testing.servers import HOST, Server, serving
from hotpath.testing.workspace import Workspace
from rich.console import Console
from rich.table import Table

from .place import measured

ROWS = 20_000
ROUNDS, SECONDS = 11, 2
WITHOUT_CACHE = {"CACHE__TTL_S": 0.001, "CACHE__L1_MAX_ENTRIES": 1}
PRODUCTION = {"ENVIRONMENT": "production", "SECRET_KEY": "a key that only benchmarks know"}
"""Readable lines, which a service writes in development, take ten times as long as JSON."""
MAX_MORE = {"/healthz": 0.15, "a user, from the database": 0.05}
"""What it may cost."""

SCRIPTS = {
    "/healthz": 'request = function() return wrk.format("GET", "/healthz") end',
    "a user, from the database": (
        f'request = function() return wrk.format("GET", "/users/" .. math.random(1, {ROWS})) end'
    ),
}
OFF = """
from hotpath.db.query_log import QueryLog
from hotpath.observability.requests import RequestRecord, RequestRecorder


def begin(self, method, path, *_):
    return RequestRecord(method, path, "off")


def nothing(*_, **__):
    pass


RequestRecorder.begin = begin
RequestRecorder.end = RequestRecorder.discard = QueryLog.ended = nothing
"""


def without_recording(place: Workspace, folder: Path) -> Workspace:
    """Return a workspace whose processes record nothing: Python imports `OFF` at its start."""
    (folder / "sitecustomize.py").write_text(OFF)
    paths = [str(folder), place.environment.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))]
    return place.with_variables({"PYTHONPATH": os.pathsep.join(filter(None, paths))})


def cost_us(server: Server, script: Path) -> float:
    """Return the processor time of a request, in µs: that of a run, divided by its requests."""
    before_s = processor_s(server)
    url = f"http://{HOST}:{server.port}"
    command = ["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"(\d+) requests in", said)
    assert found, said
    return (processor_s(server) - before_s) / int(found[1]) * 1e6


def processor_s(server: Server) -> float:
    """Return the processor time that a server has used."""
    fields = Path(f"/proc/{server.program.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def costs(servers: Mapping[str, Server], script: Path) -> dict[str, float]:
    """Return the median costs of a request, by server."""
    taken: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(ROUNDS):
        for name in sorted(servers, reverse=turn % 2 == 0):
            taken[name].append(cost_us(servers[name], script))
    return {name: median(each) for name, each in taken.items()}


def main() -> None:
    table = Table("", "off, µs", "on, µs", "more", "at most", title="What recording costs")
    with TemporaryDirectory() as name, measured(ROWS, **WITHOUT_CACHE, **PRODUCTION) as place:
        folder = Path(name)
        on = place.with_settings(OBSERVABILITY__ACCESS_LOG="true")
        with serving(on) as first, serving(without_recording(place, folder)) as second:
            for kind, text in SCRIPTS.items():
                script = folder / "requests.lua"
                script.write_text(text)
                cost = costs({"on": first, "off": second}, script)
                more = f"{cost['on'] / cost['off'] - 1:.1%}"
                row = (f"{cost['off']:.1f}", f"{cost['on']:.1f}", more, f"{MAX_MORE[kind]:.0%}")
                table.add_row(kind, *row)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
