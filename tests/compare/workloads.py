"""What is asked of every system, and how a system's paths for it are called."""

from dataclasses import dataclass
from typing import Literal

USERS = 100_000
HOT_USERS = 500
PAGE = 50
BULK = 1_000

Sender = Literal["wrk", "exports", "paced"]


@dataclass(frozen=True)
class Workload:
    """One kind of request."""

    id: str
    title: str
    connections: int = 64
    sender: Sender = "wrk"
    seconds: int = 1
    """Times as long as others: for those that answer few requests in a second."""
    is_warmed: bool = False
    """Whether it is loaded for a second before: to open connections and fill caches."""
    script: str = ""
    """The workload that `check.lua` knows, if it is not called the same."""


WORKLOADS = {
    workload.id: workload
    for workload in (
        Workload("W1", f"a user by random id of {USERS:,}, from the database", is_warmed=True),
        Workload("W2", f"the same of {HOT_USERS} users, cached", is_warmed=True),
        Workload("W2r", "the same, kept only in Redis", is_warmed=True),
        Workload("W3", f"a page of {PAGE} users at a random place"),
        Workload("W4", "create one user"),
        Workload("W5", f"create {BULK:,} users with one request", connections=4, seconds=2),
        Workload("W6", f"export all {USERS:,} users", connections=1, sender="exports"),
        Workload("W7", "the health check"),
        Workload("one", "W1 with one connection", connections=1, script="W1"),
        Workload("fifth", "W1 at a fifth of the system's own peak", sender="paced", seconds=2),
    )
}
TABLE = ("W1", "W2", "W2r", "W3", "W4", "W5", "W6", "W7")
"""The workloads that the bars are about."""


@dataclass(frozen=True)
class Paths:
    """Where a system answers what."""

    users: str = "/users"
    cached: str = "/cached/users"
    in_redis: str = "/cached/users"
    health: str = "/healthz"
    has_cursors: bool = False
    """Whether a page's place is a `cursor` that the page before gave, else it is `after`, an id."""
