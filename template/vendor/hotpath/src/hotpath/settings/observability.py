"""Settings of logs, metrics and the debug endpoints."""

from typing import Literal

from pydantic import BaseModel, SecretStr


class ObservabilitySettings(BaseModel, extra="forbid", defer_build=True):
    """What every process tells of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is written."""

    access_log: bool = True
    """One line per request."""

    admin_token: SecretStr = SecretStr("")
    """Opens /debug to `Authorization: Bearer <token>`; empty for no /debug at all."""
