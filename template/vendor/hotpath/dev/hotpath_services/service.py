"""What a server is: a program, and the settings its URL goes to."""

import shutil
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from hotpath.service import Service
from hotpath_services.account import Account

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


@dataclass(frozen=True)
class ServerKind(ABC):
    """A kind of server, for one service; what all kinds share is in `server.py` and `docker.py`."""

    name: ClassVar[str]
    """Also the name of its service in `deploy/compose.yaml`."""
    settings: ClassVar[Mapping[type, tuple[str, str]]]
    """Class of a section → the setting that takes its URL, and what is added: a database number."""
    usual_port: ClassVar[int]
    wheel: ClassVar[str]
    """The distribution that brings the program; never imported, only looked into."""
    wheel_program: ClassVar[str]
    """The program's path in the wheel's package; `*` stands for the platform."""
    program_names: ClassVar[tuple[str, ...]]
    image: ClassVar[str]
    container_environment: ClassVar[Mapping[str, str]]

    service: Service

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that its URL goes to, of the settings this stack has."""
        return tuple(self.variables_for(""))

    @property
    def test_variable(self) -> str:
        """The environment variable with the URL of a server that tests shall use."""
        return f"{self.service.env_prefix}TEST_{self.name.upper()}_URL"

    def variables_for(self, url: str) -> dict[str, str]:
        """Return what the environment needs so that every setting leads to the server at `url`."""
        sections = _sections_of(self.service)
        names = [
            setting
            for class_, setting in self.settings.items()
            if any(issubclass(section, class_) for section in sections)
        ]
        return {self.service.env_prefix + name: url + end for name, end in names}

    @classmethod
    def local_programs(cls) -> Iterator[Path]:
        """Yield the programs of this machine, the preferred one first."""
        found = (shutil.which(name) for name in cls.program_names)
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


def _sections_of(service: Service) -> list[type]:
    fields = service.settings_class().model_fields.values()
    return [field.annotation for field in fields if isinstance(field.annotation, type)]
