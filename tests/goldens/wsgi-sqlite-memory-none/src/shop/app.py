"""Puts the application together: routes, errors, resources. Nothing else."""

from collections.abc import Mapping
from http import HTTPStatus

from hotpath.wsgi import Application, Router

from .resources import open_resources
from .settings import Settings, read_settings

ROUTERS: tuple[Router, ...] = ()
"""Every feature's routes; of two that match a path the first answers."""

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {}
"""The status of every feature's errors; their messages are the problems' details."""


def create_app(settings: Settings | None = None) -> Application:
    """Return the application; its resources open when the server starts it."""
    settings = settings or read_settings()
    return Application(settings, open_resources, ROUTERS, STATUS_BY_ERROR)
