"""Settings of logs, metrics and the debug endpoints."""

from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

Level = Literal["debug", "info", "warning", "error"]
"""The severity of a log line."""


class ObservabilitySettings(BaseModel, extra="forbid", defer_build=True):
    """What every process tells of itself."""

    level: Literal["", "debug", "info", "warning", "error"] = ""
    """Least severe level that is written; empty for debug in development and info elsewhere.
    Libraries, whose debug lines may hold values of people, write info and above all the same."""

    access_log: bool = True
    """One line per request."""

    admin_token: SecretStr = SecretStr("")
    """Opens /debug to `Authorization: Bearer <token>`; empty for no /debug at all."""

    metrics_token: SecretStr = SecretStr("")
    """Opens /metrics to `Authorization: Bearer <token>` alone; empty for all who reach it."""

    metrics_port: int = Field(0, ge=0, le=65_535)
    """TCP port for /metrics alone, on the address of the server, which then has none; 0 for no such
    port. A process of its own listens there."""

    profile_sample_rate: float = Field(0.0, ge=0, le=1)
    """Share of requests that are profiled, for /debug/profiles: 0.001 is one in 1,000. One that is
    profiled takes 2 to 5 times as long; in ASGI the others do so meanwhile."""

    levels: Annotated[dict[str, Level], NoDecode] = {}
    """Levels of single loggers, libraries too, and of what is below them, as JSON:
    `{"sqlalchemy.engine": "info", "shop.users": "debug"}`."""

    slow_request_s: float = Field(1.0, gt=0)
    """A request that takes as long gets a line of its own, `slow request`, that says where its time
    went; `inf` for none."""

    @field_validator("levels", mode="before")
    @classmethod
    def _read_levels(cls, levels: object) -> object:
        if not isinstance(levels, str):
            return levels
        try:
            return orjson.loads(levels)
        except orjson.JSONDecodeError:
            raise ValueError('must be JSON, such as {"sqlalchemy.engine": "info"}') from None
