"""Settings of logs and of the debug endpoints."""

from typing import Literal

from pydantic import BaseModel, SecretStr


class LogSettings(BaseModel, extra="forbid"):
    """Logs of every process."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is written."""

    access_log: bool = True
    """One line per request."""

    admin_token: SecretStr = SecretStr("")
    """Opens /debug to `Authorization: Bearer <token>`; empty for no /debug at all."""
