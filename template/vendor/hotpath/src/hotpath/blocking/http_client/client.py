# Generated from hotpath/aio/http_client/client.py by extensions/blocking.py; do not edit.
"""The client for other services, as a process opens it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from hotpath.http_client.errors import DependencyNotConfigured
from hotpath.observability.metrics import Metrics
from hotpath.settings import ServiceSettings

if TYPE_CHECKING:
    from hotpath.blocking.http_client.dependency import Dependency


class HttpClient:
    """The dependencies of a service: other services that it calls, by name."""

    def __init__(self, dependencies: "Mapping[str, Dependency]", variables: str) -> None:
        """Create it, of dependencies that are open.

        Args:
            variables: What the variables of URLs begin with: `SHOP_HTTP_CLIENT__URLS__`.
        """
        self._dependencies = dependencies
        self._variables = variables

    def dependency(self, name: str) -> "Dependency":
        """Return the dependency whose base URL is the setting `HTTP_CLIENT__URLS__<NAME>`.

        Raises:
            DependencyNotConfigured: there is no such setting; clients get a 503 that names it.
        """
        found = self._dependencies.get(name)
        if found is None:
            raise DependencyNotConfigured(name, self._variables + name.upper())
        return found


@contextmanager
def open_http_client(settings: ServiceSettings, metrics: Metrics) -> Iterator[HttpClient]:
    """Open the client of this process; without a dependency nothing of HTTP is imported."""
    variables = f"{settings.service.env_prefix}HTTP_CLIENT__URLS__"
    if not settings.http_client.urls:
        yield HttpClient({}, variables)
        return
    module = import_module(f"{__package__}.dependency")
    with module.open_dependencies(settings, metrics) as dependencies:
        yield HttpClient(dependencies, variables)
