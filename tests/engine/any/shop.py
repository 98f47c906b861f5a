"""The service that the tests are laid over."""

from hotpath.cache.keys import CacheNamespace
from hotpath.cli import make_app
from hotpath.service import Service
from hotpath.testing.servers import server_kinds
from typer.testing import CliRunner, Result

import package_name
from package_name.cli import COMMANDS

SERVICE = Service(package_name.__name__)
PREFIX = SERVICE.env_prefix
KINDS = server_kinds(SERVICE)
NAMESPACE = CacheNamespace.of(SERVICE)


def invoke(*words: str) -> Result:
    """Run a command of the service in this process."""
    return CliRunner().invoke(make_app(SERVICE, COMMANDS), words, obj=SERVICE)
