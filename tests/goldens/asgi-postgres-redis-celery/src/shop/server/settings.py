"""Which HTTP server runs the application."""

from typing import Literal

from pydantic import Field

from .listen_settings import ListenSettings


class ServerSettings(ListenSettings):
    """Where the service listens, with what, with how many processes, and how it stops."""

    kind: Literal["uvicorn", "granian"] = "uvicorn"
    """uvicorn, with hot routes answered as soon as they are parsed; granian speaks HTTP in Rust."""

    threads: int = Field(16, ge=1, le=512)
    """Threads per process, for blocking calls."""
