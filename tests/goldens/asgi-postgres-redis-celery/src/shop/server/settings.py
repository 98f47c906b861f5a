"""Which HTTP server runs the application."""

from typing import Literal

from .listen_settings import ListenSettings


class ServerSettings(ListenSettings):
    """Where the service listens, with what, with how many processes, and how it stops."""

    kind: Literal["granian", "uvicorn"] = "granian"
    """granian speaks HTTP in threads of Rust, which the event loop is spared; uvicorn is Python."""
