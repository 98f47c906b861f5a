"""Data for the services of a new project, so that their first start is as fast as the others."""

from contextlib import suppress
from pathlib import Path

from hotpath_services import discover
from hotpath_services.homes import make_home
from hotpath_services.records import exclusive
from hotpath_services.sources import Unavailable
from hotpath_services.temporary import copy_data


def give_new_data(project: Path) -> None:
    """Copy what `services up` would make, if there is a program to make it."""
    with exclusive(project) as folder, suppress(Unavailable):
        for service in discover():
            copy_data(service, make_home(service.name, folder))
