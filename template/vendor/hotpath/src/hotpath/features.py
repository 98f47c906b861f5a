"""The features of a service: folders of its package that `features.FEATURES` names.

A feature has modules of the same names, as far as it needs them: `model`, `schemas`, `service`,
`routes` with a `router`, `tasks`. What is in them is found here; nothing else is registered.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from hotpath.service import Service


class Misdeclared(ValueError):
    """A feature cannot be as it is declared; the message names it, and says what to do."""


class Features:
    """The features of one service."""

    def __init__(self, service: Service) -> None:
        """Find them.

        Raises:
            Misdeclared: a feature that is named has no folder, or one that has a model is not
                named.
        """
        self._service = service
        self.names: Sequence[str] = tuple(service.module("features").FEATURES)
        folders = {path.parent.name for path in service.folder.glob("*/__init__.py")}
        for name in self.names:
            if name not in folders:
                raise Misdeclared(
                    f'features.py names "{name}", and {service.package} has no folder {name}'
                )
        for name in sorted(folders.difference(self.names)):
            if (service.folder / name / "model.py").exists():
                raise Misdeclared(
                    f'{service.package}.{name} has a model: add "{name}" to FEATURES in features.py'
                )

    def load(self) -> None:
        """Import all of every feature, as a server or a worker does when it starts.

        Raises:
            Misdeclared: a repository cannot be as it is declared.
        """
        self.tasks()
        self.routers()

    def import_models(self) -> None:
        """Import all models, so that their tables are in the metadata."""
        for _ in self._modules("model"):
            pass

    def repositories(self) -> list[Any]:
        """Return the repositories of all services, each once.

        Raises:
            Misdeclared: two have one name, by which their rows are cached.
        """
        kind = import_module(f"{self._service.flavour}.repository").Repository
        found = _instances(self._modules("service"), kind)
        _require_one_of_each("repositories", [each.name for each in found])
        return found

    def tasks(self) -> list[Any]:
        """Return all tasks, each once.

        Raises:
            Misdeclared: two have one name, by which those that wait are found.
        """
        found = _instances(self._modules("tasks"), import_module("hotpath.tasks.task").Task)
        _require_one_of_each("tasks", [each.name for each in found])
        return found

    def routers(self) -> list[Any]:
        """Return the routers, in the order of the features.

        Raises:
            Misdeclared: see `repositories`, which routes use.
        """
        self.repositories()
        return [module.router for module in self._modules("routes")]

    def _modules(self, name: str) -> Iterator[ModuleType]:
        for feature in self.names:
            path = f"{self._service.package}.{feature}.{name}"
            if find_spec(path) is not None:
                yield import_module(path)


def _instances(modules: Iterator[ModuleType], kind: type) -> list[Any]:
    found = (each for module in modules for each in vars(module).values())
    return list({id(each): each for each in found if isinstance(each, kind)}.values())


def _require_one_of_each(what: str, names: Sequence[str]) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise Misdeclared(f'two {what} are named {name}: give one another, name="…"')
