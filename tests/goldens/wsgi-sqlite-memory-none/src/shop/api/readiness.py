"""Whether this process should get requests, and the state of what it depends on."""

from typing import Literal

from pydantic import BaseModel

from ..db.session import DatabaseUnavailable
from ..resources import Resources
from .answers import encode

State = Literal["ok", "degraded", "unavailable"]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


ALIVE = encode(Health())
"""What is always said while one can ask."""


class Readiness(BaseModel):
    """`ready` gets requests; a lost cache or queue makes it slower or poorer, not unready."""

    status: Literal["ready", "draining", "unavailable"]
    database: State
    cache: State
    queue: State


def read_readiness(resources: Resources) -> Readiness:
    """Ask every dependency."""
    database = _database_state(resources)
    draining = resources.draining.is_draining
    ready: Literal["ready", "unavailable"] = "ready" if database == "ok" else "unavailable"
    return Readiness(
        status="draining" if draining else ready,
        database=database,
        cache=_known(resources.cache.state()),
        queue=_known(resources.queue.state()),
    )


def _database_state(resources: Resources) -> State:
    try:
        resources.db.ping()
    except DatabaseUnavailable:
        return "unavailable"
    return "ok"


def _known(state: str) -> State:
    return "ok" if state == "ok" else "degraded"
