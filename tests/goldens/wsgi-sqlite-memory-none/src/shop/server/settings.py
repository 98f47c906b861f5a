"""Which HTTP server runs the application."""

from typing import Literal

from .listen_settings import ListenSettings


class ServerSettings(ListenSettings):
    """Where the service listens, with what, with how many processes, and how it stops."""

    kind: Literal["gunicorn", "granian"] = "gunicorn"
    """granian answers several times as many requests, but a slow or silent client keeps a thread
    and an export that fails midway ends like a whole one: docs/performance.md#server."""
