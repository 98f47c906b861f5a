"""What locust runs: users who do what the project's scenarios say, each at a steady rate.

In a process and an environment of its own, since locust changes sockets and threads as it starts.
"""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-call"

import os
from random import Random
from typing import Any, cast

from locust import FastHttpUser, constant_throughput

from hotpath.testing.load.scenarios import read_scenarios
from hotpath.testing.project import find_project

SEEDS = iter(range(1_000_000))
PLAN = read_scenarios(find_project().scenarios)


class ScenarioUser(FastHttpUser):
    """One of many; the same choices in each run."""

    tasks = cast(Any, PLAN.scenarios)
    wait_time = constant_throughput(float(os.environ["LOAD_RATE"]))
    insecure = False

    def on_start(self) -> None:
        """Do what every user does first."""
        self.random = Random(next(SEEDS))  # noqa: S311 - choices, not secrets
        self.known_ids: list[int] = []
        PLAN.on_start(cast(Any, self))
