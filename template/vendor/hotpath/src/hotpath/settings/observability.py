"""Settings of logs, metrics and the debug endpoints."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class ObservabilitySettings(BaseModel, extra="forbid", defer_build=True):
    """What every process tells of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is written."""

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
