"""A service with routes that only tests need, as a package beside the one they are laid over."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotpath.service import Service
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace

PLANTED = Service("planted")
TESTS = Path(__file__).parent

_METADATA = "Metadata-Version: 2.1\nName: planted\nVersion: 1.2.3\nSummary: Planted.\n"
_APP = """
import {interface}
from {tests}.planted_routes import router
from {original}.resources import open_resources

from .settings import Settings


def create_app(settings=None):
    settings = settings or Settings()
    return {interface}.Application(settings, open_resources, routers=(router,))
"""
_FILES = {
    "__init__.py": "",
    "__main__.py": "from hotpath.cli import run\n\nrun('planted')\n",
    "features.py": "FEATURES = ()\n",
    "resources.py": "from {original}.resources import open_resources\n",
    "settings.py": "from {original}.settings import Settings as Original\n"
    "class Settings(Original):\n    pass\n",
    "app.py": _APP,
}


def planted(workspace: Workspace, folder: Path) -> Workspace:
    """Write the service into `folder`; return a workspace of it, with the same settings."""
    original = workspace.service
    names = {
        "original": original.package,
        "interface": original.interface,
        "tests": TESTS.name,
    }
    package = folder / PLANTED.package
    package.mkdir()
    for name, text in _FILES.items():
        (package / name).write_text(text.format(**names))
    info = folder / "planted-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(_METADATA)
    paths = (str(folder), str(TESTS.parent), workspace.environment.get("PYTHONPATH", ""))
    settings = {
        PLANTED.env_prefix + name.removeprefix(original.env_prefix): value
        for name, value in workspace.environment.items()
        if name.startswith(original.env_prefix)
    }
    place = Workspace(PLANTED, folder, workspace.environment)
    return place.with_variables({**settings, "PYTHONPATH": os.pathsep.join(paths)})


@contextmanager
def serving_planted(workspace: Workspace, folder: Path, **settings: object) -> Iterator[Server]:
    """Serve it until the end of the block."""
    with serving(planted(workspace, folder).with_settings(**settings)) as server:
        yield server
