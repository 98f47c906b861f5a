"""What `/debug` tells those who have the admin token."""

import os
from hmac import compare_digest

from pydantic import BaseModel

from ..resources import Resources


class PoolReport(BaseModel, from_attributes=True):
    """The connection pool of one process."""

    size: int
    max_overflow: int
    in_use: int
    idle: int
    overflow: int
    waiting: int


class PoolsReport(BaseModel):
    """The pools of the process that answers."""

    pid: int
    database: PoolReport


def is_admin(resources: Resources, authorization: str | None) -> bool:
    """Tell whether `Authorization: Bearer <admin token>` was sent; never while no token is set."""
    token = resources.settings.observability.admin_token.get_secret_value()
    scheme, _, given = (authorization or "").partition(" ")
    is_right = compare_digest(given.encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_right


def read_pools(resources: Resources) -> PoolsReport:
    """Return the figures of this moment."""
    return PoolsReport(
        pid=os.getpid(), database=PoolReport.model_validate(resources.db.pool.state())
    )
