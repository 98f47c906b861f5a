"""What can be set about logs."""

from typing import Literal

from pydantic import BaseModel


class LogSettings(BaseModel, extra="forbid"):
    """Logs of every process."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level that is written."""

    access_log: bool = True
    """One line per request."""
