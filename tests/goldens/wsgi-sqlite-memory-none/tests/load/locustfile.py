"""What locust runs: visitors who do what `scenarios.py` says, each at a steady rate.

In a process and an environment of its own, since locust changes sockets and threads as it starts.
"""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-call"

import os
from random import Random

from locust import FastHttpUser, constant_throughput

from tests.load.scenarios import MIX, arrive

SEEDS = iter(range(1_000_000))


class Visitor(FastHttpUser):
    """One of many; the same choices in each run."""

    tasks = MIX
    wait_time = constant_throughput(float(os.environ["LOAD_RATE"]))
    insecure = False

    def on_start(self) -> None:
        """Look around."""
        self.chance = Random(next(SEEDS))
        self.known_ids: list[int] = []
        arrive(self)
