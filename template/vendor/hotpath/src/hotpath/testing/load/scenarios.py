"""What simulated users do: the project's `tests/load/scenarios.py`, and what it is written with.

def on_start(user: SimulatedUser) -> None: ...    # what every user does first

def read_page(user: SimulatedUser) -> None:
    user.client.get("/users?limit=50", name="/users")

SCENARIOS: Scenarios = {read_page: 90, ...}       # with how often each is done
PREPARE = (("seed", "--users", "10000"),)         # commands of the service, run before
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol


class Response(Protocol):
    """A response of the service."""

    status_code: int

    def json(self) -> Any:
        """Return its body."""


class Client(Protocol):
    """Sends requests; `name` is the route that they count for in `slo.toml`."""

    def get(self, path: str, *, name: str) -> Response:
        """Read."""

    def post(self, path: str, *, name: str, json: object) -> Response:
        """Write."""


class SimulatedUser(Protocol):
    """One of many, at a steady rate.

    Attributes:
        client: What it sends requests with.
        random: Its choices, the same in each run.
        known_ids: What it has learned so far.
    """

    client: Client
    random: Random
    known_ids: list[int]


Scenario = Callable[[SimulatedUser], None]
Scenarios = Mapping[Scenario, int]
"""Scenario → its share of all that are done."""


class LoadPlan(NamedTuple):
    """What a project's `scenarios.py` says."""

    on_start: Scenario
    scenarios: Scenarios
    prepare: Sequence[Sequence[str]]


class BadScenarios(Exception):
    """There are no scenarios, or something is missing in their file."""


def read_scenarios(file: Path) -> LoadPlan:
    """Import a project's scenarios.

    Raises:
        BadScenarios: in a sentence, what is missing.
    """
    spec = importlib.util.spec_from_file_location("scenarios", file)
    if spec is None or spec.loader is None or not file.exists():
        raise BadScenarios(f"{file}: there is no such file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        return LoadPlan(module.on_start, module.SCENARIOS, module.PREPARE)
    except AttributeError as error:
        raise BadScenarios(f"{file}: `{error.name}` is missing") from None
