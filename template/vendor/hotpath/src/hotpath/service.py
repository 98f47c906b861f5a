"""A service by the name of its package, and where the engine finds its parts.

By convention a package has `settings.Settings`, `resources.open_resources`, `app.create_app`,
`features.FEATURES`, see `hotpath.features`, and `migrations/`. Each is imported when it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from importlib import import_module
from importlib.metadata import metadata, version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from hotpath.settings import ServiceSettings


@dataclass(frozen=True)
class Service:
    """A service, such as `Service("shop")`."""

    package: str
    """Its import package."""

    @property
    def distribution(self) -> str:
        """Its name in package metadata and on the command line."""
        return self.package.replace("_", "-")

    @property
    def env_prefix(self) -> str:
        """What its environment variables start with."""
        return f"{self.package.upper()}_"

    @property
    def version(self) -> str:
        """Its version, of the installed distribution."""
        return version(self.distribution)

    @property
    def metadata(self) -> Message:
        """Its package metadata: `Name`, `Version`, `Summary`."""
        return cast(Message, metadata(self.distribution))

    def module(self, name: str) -> ModuleType:
        """Import a module of the package, such as `app`."""
        return import_module(f"{self.package}.{name}")

    @property
    def folder(self) -> Path:
        """The folder of the package."""
        return Path(str(import_module(self.package).__file__)).parent

    @property
    def migrations(self) -> Path:
        """The folder of its migrations; they are installed with the package."""
        return self.folder / "migrations"

    @property
    def flavour(self) -> str:
        """The engine's package for this service: `hotpath.aio`, or `hotpath.blocking` for WSGI."""
        return "hotpath.aio" if self.interface == "hotpath.asgi" else "hotpath.blocking"

    @property
    def interface(self) -> str:
        """The engine's package for its web framework: `hotpath.asgi` or `hotpath.wsgi`."""
        from hotpath.settings import AsgiServerSettings  # noqa: PLC0415 - settings import this

        is_asgi = self._has_section("server", AsgiServerSettings)
        return "hotpath.asgi" if is_asgi else "hotpath.wsgi"

    @property
    def has_workers(self) -> bool:
        """Whether tasks run in workers of Celery."""
        from hotpath.settings import CelerySettings  # noqa: PLC0415 - as above

        return self._has_section("tasks", CelerySettings)

    def _has_section(self, name: str, kind: type) -> bool:
        section = self.settings_class().model_fields[name].annotation
        return isinstance(section, type) and issubclass(section, kind)

    def settings_class(self) -> type[ServiceSettings]:
        """Return the class of its settings."""
        return cast("type[ServiceSettings]", self.module("settings").Settings)

    def read_settings(self) -> ServiceSettings:
        """Read its settings.

        Raises:
            InvalidSettings: names every wrong variable at once.
        """
        from hotpath.settings import read  # noqa: PLC0415 - settings know their service

        return read(self.settings_class())
