"""Where a benchmark runs: a migrated database of the stack's own kind, gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hotpath.service import Service
from hotpath.testing.databases import fresh_database
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_services

from ..many_users import crowded

SERVICE = Service("shop")


@contextmanager
def measured(users: int = 0, **settings: object) -> Iterator[Workspace]:
    """Yield a workspace whose database has so many users."""
    with TemporaryDirectory() as name, temporary_services(SERVICE) as services:
        folder = Path(name)
        place = Workspace.in_folder(SERVICE, folder).with_variables(services)
        place = place.with_settings(OBSERVABILITY__ACCESS_LOG="false", **settings)
        if users:
            yield crowded(place, services, folder, users=users)
            return
        place = place.with_settings(DB__URL=fresh_database(SERVICE, services, folder))
        place.run("db", "upgrade").check_returncode()
        yield place
