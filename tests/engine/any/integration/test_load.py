"""`nox -s load` refuses what it could not judge before visitors come, in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from hotpath_services.process import free_port

from ..load.objectives import read_objectives, require_known
from ..load.rehearsal import CannotVisit, rehearse
from hotpath.testing.servers import HOST, Server
from hotpath.testing.workspace import PROJECT

SLO = PROJECT / "slo.toml"


def refused(*options: str) -> str:
    """Return what the command says as it ends."""
    command = [sys.executable, "-m", "tests.load", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_scenarios_visit_each_route_of_the_objectives(server: Server) -> None:
    require_known(read_objectives(SLO), rehearse(f"http://{HOST}:{server.port}"), SLO)


def test_nobody_there_is_one_sentence() -> None:
    host = f"http://{HOST}:{free_port()}"

    said = refused("--url", host)

    assert said.startswith(f"{host}: nobody answers there: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("url", ["nowhere", "ftp://nowhere", "http://[", ""])
def test_what_is_no_address_is_nobody(url: str) -> None:
    with pytest.raises(CannotVisit, match="nobody answers there"):
        rehearse(url)


def test_another_service_is_one_sentence(server: Server) -> None:
    with pytest.raises(CannotVisit, match=r"/elsewhere/.*: answered with 404"):
        rehearse(f"http://{HOST}:{server.port}/elsewhere")


def test_a_misspelt_route_is_refused_with_those_that_are_visited(
    server: Server, tmp_path: Path
) -> None:
    misspelt = tmp_path / "slo.toml"
    misspelt.write_text(SLO.read_text("utf-8") + '\n[routes."GET /user"]\np99_ms = 10.0\n')
    host = f"http://{HOST}:{server.port}"

    said = refused("--url", host, "--slo", str(misspelt))

    known = ", ".join(sorted(rehearse(host)))
    assert said == f"{misspelt}: no scenario visits GET /user; visited are {known}\n"
