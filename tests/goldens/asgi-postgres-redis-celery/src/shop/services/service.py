"""What a service is: a server program, and the setting its URL goes to."""

import importlib
import pkgutil
import shutil
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from ..settings import PREFIX, Settings
from .account import Account

HOST = "127.0.0.1"
ANSWER_WITHIN_S = 1.0


class ServiceError(RuntimeError):
    """A service cannot be started or ended; the message is for people."""


@dataclass(frozen=True)
class RunningService:
    """A service that answers."""

    name: str
    url: str = field(repr=False)
    pid: int | None
    """The server's process, for signals; None for a server that others run."""


class Service(ABC):
    """A kind of server; what is common to all of them is in `server.py` and `docker.py`."""

    name: ClassVar[str]
    """Also the name of its service in `deploy/compose.yaml`."""
    settings: ClassVar[Mapping[str, str]]
    """The settings that may take its URL, each with what it adds to it: a database number."""
    usual_port: ClassVar[int]
    wheel: ClassVar[str]
    """The distribution that brings the program; never imported, only looked into."""
    wheel_program: ClassVar[str]
    """The program's path in the wheel's package; `*` stands for the platform."""
    program_names: ClassVar[tuple[str, ...]]
    image: ClassVar[str]
    container_environment: ClassVar[Mapping[str, str]]

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that its URL goes to, of the settings this stack has."""
        return tuple(self.variables_for(""))

    @property
    def test_variable(self) -> str:
        """The environment variable with the URL of a server that tests shall use."""
        return f"{PREFIX}TEST_{self.name.upper()}_URL"

    def variables_for(self, url: str) -> dict[str, str]:
        """Return what the environment needs so that every setting leads to the server at `url`."""
        known = ((name, end) for name, end in self.settings.items() if _is_setting(name))
        return {PREFIX + name: url + end for name, end in known}

    def local_programs(self) -> Iterator[Path]:
        """Yield the programs of this machine, the preferred one first."""
        found = (shutil.which(name) for name in self.program_names)
        yield from (Path(path) for path in found if path)

    @abstractmethod
    def url(self, port: int, environment: Mapping[str, str]) -> str:
        """Return the URL of a server that a container image would set up from `environment`."""

    @abstractmethod
    def initialize(self, program: Path, data: Path, account: Account) -> None:
        """Fill the new, empty folder `data`; called once in its life."""

    @abstractmethod
    def recover(self, data: Path) -> None:
        """Clear what a killed server left in `data`; called before each start, while none runs."""

    @abstractmethod
    def place(self, data: Path, port: int) -> list[str]:
        """Return the arguments that tell the server where to listen and to keep its data."""

    @abstractmethod
    def arguments(self, *, is_durable: bool) -> list[str]:
        """Return all other arguments; data of a durable server survives a power cut."""

    def answers(self, port: int) -> bool:
        """Whether a server on `port` of this machine takes requests by now."""
        try:
            with socket.create_connection((HOST, port), timeout=ANSWER_WITHIN_S) as connection:
                return self.greets(connection)
        except OSError:
            return False

    @abstractmethod
    def greets(self, connection: socket.socket) -> bool:
        """Whether the server at the other end takes requests by now."""


def _is_setting(name: str) -> bool:
    section, _, field_name = name.lower().partition("__")
    room = Settings.model_fields[section].annotation
    return (
        isinstance(room, type) and issubclass(room, BaseModel) and field_name in room.model_fields
    )


def discover() -> tuple[Service, ...]:
    """Return the services of this stack: the `SERVICE` of each module in this room that has one."""
    room = __name__.rpartition(".")[0]
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = (importlib.import_module(f"{room}.{name}") for name in names)
    return tuple(module.SERVICE for module in modules if hasattr(module, "SERVICE"))
