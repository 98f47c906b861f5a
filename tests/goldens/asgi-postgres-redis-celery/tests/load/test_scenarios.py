"""The scenarios of `nox -s load` work, and each route of `slo.toml` is in one of them."""

import httpx2
from hotpath.testing.load.smoke_run import check_scenarios
from hotpath.testing.project import find_project


def test_scenarios_request_each_route_of_the_objectives(http: httpx2.Client) -> None:
    check_scenarios(find_project(), str(http.base_url))
