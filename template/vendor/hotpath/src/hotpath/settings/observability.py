"""Settings of logs, metrics and the debug endpoints."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

Level = Literal["debug", "info", "warning", "error"]
"""The severity of a log line."""


class ObservabilitySettings(BaseModel, extra="forbid", defer_build=True):
    """What every process tells of itself."""

    level: Literal["", "debug", "info", "warning", "error"] = ""
    """Least severe level that is written; empty for debug in development and info elsewhere.
    Libraries, whose debug lines may hold values of people, write info and above all the same."""

    access_log: bool = True
    """One line per request."""

    buffered_metrics: bool = True
    """Count in the process, and tell prometheus_client 10 times a second; false tells it each value
    at once, at 10 to 20 times the cost, and needs none of its private parts."""

    admin_token: SecretStr = SecretStr("")
    """Opens /debug to `Authorization: Bearer <token>`; empty for no /debug at all."""

    levels: dict[str, Level] = {}
    """Levels of single loggers, libraries too, and of what is below them, as JSON:
    `{"sqlalchemy.engine": "info", "shop.users": "debug"}`."""

    slow_request_s: float = Field(1.0, gt=0)
    """A request that takes as long gets a line of its own, `slow request`, that says where its time
    went; `inf` for none."""
