"""What a service is loaded with before visitors come. Fill it with your own rows."""

from collections.abc import Mapping
from pathlib import Path

from ..database import fresh_database
from ..workspace import Workspace


def prepare(place: Workspace, services: Mapping[str, str], folder: Path) -> Workspace:
    """Return the same place with a migrated database."""
    ready = place.with_settings(DB__URL=fresh_database(services, folder))
    migrated = ready.run("db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    return ready
