"""Which HTTP server runs the application."""

from typing import Literal

from .listen_settings import ListenSettings


class ServerSettings(ListenSettings):
    """Where the service listens, with what, with how many processes, and how it stops."""

    kind: Literal["uvicorn", "gunicorn"] = "uvicorn"
    """uvicorn reads requests on an event loop and answers them in threads: several times as many as
    gunicorn, and a thread waits for no small body."""
