"""The application inside this process."""

from flask_openapi3 import OpenAPI

from shop.app import create_api
from shop.resources import Resources


def app_on(resources: Resources) -> OpenAPI:
    """Return the application on resources that a test has opened."""
    return create_api(resources)
