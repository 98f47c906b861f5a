"""`nox -s load` refuses what it could not judge before users come, in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from hotpath.testing.load.objectives import BadObjectives
from hotpath.testing.load.scenarios import BadScenarios, LoadPlan, read_scenarios
from hotpath.testing.load.smoke_run import SmokeRunFailed, check_scenarios, smoke_run
from hotpath.testing.project import Project, find_project
from hotpath.testing.servers import HOST, Server
from hotpath_services.process import free_port

PYPROJECT = '[tool.pytest.ini_options]\nhotpath_package = "{package}"\n'
SLO = """
[all]
max_error_rate = 0.001
min_requests_per_s = 1.0
[routes."GET /healthz"]
p50_ms = 25.0
"""
MISSPELT = '[routes."GET /health"]\np99_ms = 10.0\n'
SCENARIOS = """
def on_start(user):
    user.client.get("/healthz", name="/healthz")

def read_readiness(user):
    user.client.get("/readyz", name="/readyz")

SCENARIOS = {read_readiness: 1}
PREPARE = ()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of this service, with scenarios that every service can do."""
    package = find_project().service.package
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(package=package))
    (tmp_path / "slo.toml").write_text(SLO)
    made = find_project(tmp_path)
    made.scenarios.parent.mkdir(parents=True)
    made.scenarios.write_text(SCENARIOS)
    return made


@pytest.fixture
def plan(project: Project) -> LoadPlan:
    return read_scenarios(project.scenarios)


@pytest.fixture(scope="module")
def host(server: Server) -> str:
    return f"http://{HOST}:{server.port}"


def refused(project: Project, *options: str) -> str:
    """Return what the command writes as it ends."""
    command = [sys.executable, "-m", "hotpath.testing.load", *options]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_scenarios_request_each_route_of_the_objectives(host: str, project: Project) -> None:
    check_scenarios(project, host)


def test_an_objective_of_a_route_without_scenario_is_refused(host: str, project: Project) -> None:
    (project.folder / "slo.toml").write_text(SLO + MISSPELT)

    with pytest.raises(BadObjectives, match="no scenario requests GET /health; "):
        check_scenarios(project, host)


def test_nobody_there_is_one_sentence(project: Project) -> None:
    host = f"http://{HOST}:{free_port()}"

    written = refused(project, "--url", host)

    assert written.startswith(f"{host}: nobody answers there: ")
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize("url", ["nowhere", "ftp://nowhere", "http://[", ""])
def test_what_is_no_address_is_nobody(plan: LoadPlan, url: str) -> None:
    with pytest.raises(SmokeRunFailed, match="nobody answers there"):
        smoke_run(url, plan)


def test_another_service_is_one_sentence(host: str, plan: LoadPlan) -> None:
    with pytest.raises(SmokeRunFailed, match=r"/elsewhere/.*: answered with 404"):
        smoke_run(f"{host}/elsewhere", plan)


def test_a_misspelt_route_is_refused_with_those_that_are_requested(
    host: str, project: Project
) -> None:
    misspelt = project.folder / "other.toml"
    misspelt.write_text(SLO + MISSPELT)

    written = refused(project, "--url", host, "--slo", str(misspelt))

    known = "GET /healthz, GET /readyz"
    assert written == f"{misspelt}: no scenario requests GET /health; requested are {known}\n"


@pytest.mark.parametrize("missing", ["on_start", "SCENARIOS", "PREPARE"])
def test_scenarios_without_a_part_are_refused(tmp_path: Path, missing: str) -> None:
    file = tmp_path / "scenarios.py"
    file.write_text(SCENARIOS.replace(missing, "other"))

    with pytest.raises(BadScenarios, match=f"scenarios.py: `{missing}` is missing"):
        read_scenarios(file)


def test_no_scenarios_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadScenarios, match="there is no such file"):
        read_scenarios(tmp_path / "scenarios.py")


def test_outside_of_a_project_is_one_sentence(project: Project) -> None:
    (project.folder / "pyproject.toml").unlink()

    written = refused(project)

    assert "no pyproject.toml here or above has hotpath_package" in written
    assert len(written.splitlines()) == 1
