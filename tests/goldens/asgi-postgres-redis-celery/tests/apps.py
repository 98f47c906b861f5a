"""The application inside this process."""

from fastapi import FastAPI

from shop.app import create_api
from shop.resources import Resources


def app_on(resources: Resources) -> FastAPI:
    """Return the application on resources that a test has opened."""
    api = create_api(resources.settings, resources.metrics)
    api.state.resources = resources
    return api
