"""What visitors do, and how often. Fill it with your own routes."""

from collections.abc import Callable, Mapping

from .visits import Visitor


def arrive(visitor: Visitor) -> None:
    """Do what every visitor does first."""


def look_whether_it_lives(visitor: Visitor) -> None:
    """Do what a load balancer does."""
    visitor.client.get("/healthz", name="/healthz")


def look_whether_it_is_ready(visitor: Visitor) -> None:
    """Do what an orchestrator does: it asks every dependency."""
    visitor.client.get("/readyz", name="/readyz")


MIX: Mapping[Callable[[Visitor], None], int] = {
    look_whether_it_lives: 80,
    look_whether_it_is_ready: 20,
}
"""Of a hundred requests."""
