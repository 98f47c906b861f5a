"""What handlers are given besides their input."""

from typing import cast

from flask import current_app

from ..resources import Resources

EXTENSION = "resources"


def given() -> Resources:
    """Return the resources of this process."""
    return cast(Resources, current_app.extensions[EXTENSION])
