"""What a service is loaded with before visitors come: the same users in each run."""

from collections.abc import Mapping
from pathlib import Path

from ..crowd import crowded
from ..workspace import Workspace

USERS = 10_000


def prepare(place: Workspace, services: Mapping[str, str], folder: Path) -> Workspace:
    """Return the same place with a database of users."""
    return crowded(place, services, folder, users=USERS)
