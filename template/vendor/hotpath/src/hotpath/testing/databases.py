"""Empty databases for tests."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from hotpath.service import Service
from hotpath_services.postgres import create_database


def fresh_database(service: Service, services: Mapping[str, str], folder: Path) -> str:
    """Return the URL of an empty database.

    Args:
        services: The variables of the session's servers.
        folder: Where a database that is a file is kept.
    """
    name = f"test_{uuid4().hex}"
    server = services.get(f"{service.env_prefix}DB__URL")
    if server is not None:
        return create_database(server, name)
    return f"sqlite:///{folder}/{name}.db"
