"""Copies of the service, to be changed by a test."""

import os
import shutil
from pathlib import Path

from hotpath.testing.workspace import Workspace

from .shop import SERVICE


def copy_of_service(place: Workspace, folder: Path) -> tuple[Workspace, Path]:
    """Return the same place with a copy of the package below `folder`, and the copy."""
    package = Path(shutil.copytree(SERVICE.folder, folder / "src" / SERVICE.package))
    paths = os.pathsep.join([str(package.parent), os.environ["PYTHONPATH"]])
    return place.with_variables({"PYTHONPATH": paths}), package
