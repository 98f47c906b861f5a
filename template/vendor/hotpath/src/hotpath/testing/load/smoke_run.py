"""A smoke run: each scenario once, before the load. Does it work, and for which routes?"""

from random import Random

import httpx2

from hotpath.testing.load.objectives import read_objectives, require_known
from hotpath.testing.load.scenarios import Client, LoadPlan, read_scenarios
from hotpath.testing.project import Project
from hotpath.testing.servers import ANSWERS_WITHIN_S


class SmokeRunFailed(Exception):
    """The service is not there, or does not respond as the scenarios need."""


class _RecordingClient:
    """A client that records the routes it is given; it has each method of `Client`."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.routes: set[str] = set()

    def get(self, path: str, *, name: str) -> httpx2.Response:
        """Read."""
        self.routes.add(f"GET {name}")
        return self._http.get(path).raise_for_status()

    def post(self, path: str, *, name: str, json: object) -> httpx2.Response:
        """Write."""
        self.routes.add(f"POST {name}")
        return self._http.post(path, json=json).raise_for_status()


class _SingleUser:
    """A user who comes alone."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.random = Random(0)  # noqa: S311 - choices, not secrets
        self.known_ids: list[int] = []


def smoke_run(host: str, plan: LoadPlan) -> frozenset[str]:
    """Return the routes that scenarios request, named as in `slo.toml`.

    Raises:
        SmokeRunFailed: in a sentence, why.
    """
    try:
        with httpx2.Client(base_url=host, timeout=ANSWERS_WITHIN_S) as http:
            client = _RecordingClient(http)
            user = _SingleUser(client)
            for do in (plan.on_start, *plan.scenarios):
                do(user)
    except httpx2.HTTPStatusError as error:
        request, status = error.request, error.response.status_code
        raise SmokeRunFailed(f"{request.method} {request.url}: answered with {status}") from None
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise SmokeRunFailed(f"{host}: nobody answers there: {error}") from None
    except (LookupError, ValueError) as error:
        name = getattr(do, "__name__", do)
        raise SmokeRunFailed(f"{host}: `{name}` of scenarios.py: {error!r}") from None
    return frozenset(client.routes)


def check_scenarios(project: Project, host: str) -> None:
    """Do each scenario of a project once; compare the routes with those of `slo.toml`.

    Raises:
        SmokeRunFailed: a scenario does not work.
        BadObjectives: an objective cannot be judged, or its route is in no scenario.
    """
    slo = project.folder / "slo.toml"
    plan = read_scenarios(project.scenarios)
    require_known(read_objectives(slo), smoke_run(host, plan), slo)
