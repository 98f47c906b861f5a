"""Data for the services of a new project, so that their first start is as fast as the others."""

from contextlib import suppress
from pathlib import Path

from hotpath_services import servers_of
from hotpath_services.homes import make_home
from hotpath_services.records import exclusive
from hotpath_services.sources import Unavailable
from hotpath_services.temporary import copy_data

from .shop import SERVICE


def give_new_data(project: Path) -> None:
    """Copy what `services up` would make, if there is a program to make it."""
    with exclusive(project) as folder, suppress(Unavailable):
        for server in servers_of(SERVICE):
            copy_data(server, make_home(server.name, folder))
