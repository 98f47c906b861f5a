"""`slo.toml` is read strictly, and judged objective by objective."""

from pathlib import Path

import pytest
from hotpath.testing.load.figures import Figures
from hotpath.testing.load.objectives import (
    BadObjectives,
    judge,
    read_objectives,
    require_known,
    seconds_needed,
)
from hotpath.testing.project import find_project

GOOD = """
[all]
max_error_rate = 0.01
min_requests_per_s = 50.0
[routes."GET /a"]
p50_ms = 10.0
p99_9_ms = 100.0
"""
FINE = {"50%": 10.0, "99.9%": 99.0}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "slo.toml"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("p50_ms = 10.0", "p51_ms = 10.0", "routes.GET /a.p51_ms: Extra inputs are not permitted"),
        ("p50_ms = 10.0", "p50_ms = 0.0", "routes.GET /a.p50_ms: Input should be greater than 0"),
        ("p50_ms = 10.0", 'p50_ms = "1"', "routes.GET /a.p50_ms: Input should be a valid number"),
        ("0.01", "1.01", "all.max_error_rate: Input should be less than or equal to 1"),
        ("min_requests_per_s = 50.0", "", "all.min_requests_per_s: Field required"),
        ("[all]", "[all", "Expected"),
    ],
)
def test_what_cannot_be_judged_is_told(file: Path, old: str, new: str, sentence: str) -> None:
    file.write_text(GOOD.replace(old, new))

    with pytest.raises(BadObjectives, match=f"{file.name}: ") as refused:
        read_objectives(file)

    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(BadObjectives, match="No such file"):
        read_objectives(file)


@pytest.mark.parametrize(
    ("total", "route", "broken"),
    [
        (Figures(1000, 10, 51.0, {}), Figures(9, 0, 1.0, FINE), []),
        (Figures(1000, 11, 51.0, {}), Figures(9, 0, 1.0, FINE), ["errors"]),
        (Figures(1000, 10, 50.0, {}), Figures(9, 0, 1.0, FINE), ["good requests/s"]),
        (Figures(1000, 0, 49.9, {}), Figures(9, 0, 1.0, FINE), ["good requests/s"]),
        (Figures(0, 0, 60.0, {}), Figures(9, 0, 1.0, FINE), ["errors", "good requests/s"]),
        (Figures(9, 0, 60.0, {}), Figures(9, 0, 1.0, {**FINE, "50%": 11.0}), ["GET /a 50%"]),
        (Figures(9, 0, 60.0, {}), None, ["GET /a 50%", "GET /a 99.9%"]),
    ],
)
def test_each_objective_is_judged(
    file: Path, total: Figures, route: Figures | None, broken: list[str]
) -> None:
    file.write_text(GOOD)
    routes = {"GET /a": route} if route else {}

    verdicts = list(judge(read_objectives(file), total, routes))

    assert len(verdicts) == 4
    assert [each.objective for each in verdicts if not each.holds] == broken


def test_requests_that_fail_are_no_throughput() -> None:
    assert Figures(1000, 400, 100.0, {}).good_per_s == 60.0


def test_an_objective_of_a_route_without_scenario_is_refused_with_those_there_are(
    file: Path,
) -> None:
    file.write_text(GOOD)
    wanted = read_objectives(file)

    require_known(wanted, {"GET /a", "GET /b"}, file)
    with pytest.raises(BadObjectives, match="requests GET /a; requested are GET /b, GET /c"):
        require_known(wanted, {"GET /c", "GET /b"}, file)


def test_the_rarest_scenario_says_how_long_a_load_has_to_be() -> None:
    """One of a hundred scenarios, 50 of them a second: ten of it in 20 s."""
    assert seconds_needed([1, 90, 9], 50.0) == 20


def test_the_objectives_of_this_project_can_be_judged() -> None:
    assert read_objectives(find_project().folder / "slo.toml").routes
