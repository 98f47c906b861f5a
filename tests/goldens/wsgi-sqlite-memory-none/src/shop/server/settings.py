"""Which HTTP server runs the application."""

from typing import Literal

from pydantic import Field

from .listen_settings import ListenSettings


class ServerSettings(ListenSettings):
    """Where the service listens, with what, with how many processes, and how it stops."""

    kind: Literal["uvicorn", "gunicorn"] = "uvicorn"
    """uvicorn reads requests on an event loop and answers them in threads: several times as many as
    gunicorn, and a thread waits for no small body."""

    threads: int = Field(64, ge=1, le=512)
    """Threads per process, for handlers. Those that wait at the same time share round trips: with
    64 a look-up costs a quarter less than with 16, for 5 MB."""
