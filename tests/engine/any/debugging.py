"""A server with an admin token, and one with routes that waste memory."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace

from .shop import SERVICE

TOKEN = "a token that only tests know"
BEARER = {"authorization": f"Bearer {TOKEN}"}

LEAKED = "LEAKED.append(bytearray(100_000))"
ROUTE = f"""
from {SERVICE.interface} import render_nothing
from hotpath.debug.growth import rss_delta

LEAKED = []


@rss_delta
{{async_}}def leak() -> None:
    {LEAKED}


@router.get("/leak")
{{async_}}def leak_more() -> Response:
    {{await_}}leak()
    return render_nothing()
"""


@contextmanager
def debugging(workspace: Workspace, *options: str, **settings: object) -> Iterator[Server]:
    """Run a server with `TOKEN`."""
    place = workspace.with_settings(OBSERVABILITY__ADMIN_TOKEN=TOKEN, **settings)
    with serving(place, *options) as server:
        yield server


def leaking(workspace: Workspace, folder: Path) -> Workspace:
    """Return a workspace whose service has a route, /leak, that keeps 100 kB of each request."""
    package = Path(shutil.copytree(SERVICE.folder, folder / "src" / SERVICE.package))
    is_async = SERVICE.interface.endswith("asgi")
    words = {"async_": "async ", "await_": "await "} if is_async else {"async_": "", "await_": ""}
    with (package / "posts" / "routes.py").open("a") as file:
        file.write(ROUTE.format(**words))
    path = os.pathsep.join([str(package.parent), os.environ["PYTHONPATH"]])
    return workspace.with_variables({"PYTHONPATH": path})
