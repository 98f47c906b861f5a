"""What routes depend on."""

from typing import cast

from hotpath import wsgi

from .resources import Resources


def get_resources() -> Resources:
    """Return the resources of this process, while a request is answered."""
    return cast(Resources, wsgi.get_resources())
