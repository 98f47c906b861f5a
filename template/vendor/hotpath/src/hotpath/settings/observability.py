"""Settings of logs, metrics and the debug endpoints."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class ObservabilitySettings(BaseModel, extra="forbid", defer_build=True):
    """What every process tells of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is written."""

    access_log: bool = True
    """One line per request."""

    buffered_metrics: bool = True
    """Count in the process, and tell prometheus_client 10 times a second; false tells it each value
    at once, at 10 to 20 times the cost, and needs none of its private parts."""

    admin_token: SecretStr = SecretStr("")
    """Opens /debug to `Authorization: Bearer <token>`; empty for no /debug at all."""

    profile_sample_rate: float = Field(0.0, ge=0, le=1)
    """Share of requests that are profiled, for /debug/profiles: 0.001 is one in 1,000. One that is
    profiled takes 2 to 5 times as long; in ASGI the others do so meanwhile."""
