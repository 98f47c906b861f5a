"""What simulated users do under `nox -s load`, and how often. Add your own routes."""

from hotpath.testing.load.scenarios import Scenarios, SimulatedUser

PREPARE = ()
"""Commands that fill the database before, such as `("seed", "--users", "10000")`."""


def on_start(user: SimulatedUser) -> None:
    """Do what every user does first."""


def read_health(user: SimulatedUser) -> None:
    """Do what a load balancer does."""
    user.client.get("/healthz", name="/healthz")


def read_readiness(user: SimulatedUser) -> None:
    """Do what an orchestrator does: every dependency is asked."""
    user.client.get("/readyz", name="/readyz")


SCENARIOS: Scenarios = {read_health: 80, read_readiness: 20}
"""With how often each is done, of a hundred times."""
