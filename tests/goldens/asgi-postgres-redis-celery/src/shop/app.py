"""Puts the application together: settings, resources and the features' routes. Nothing else."""

from hotpath.asgi import Application

from .resources import open_resources
from .settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> Application:
    """Return the application; its resources open when the server starts it."""
    return Application(settings or read_settings(), open_resources)
