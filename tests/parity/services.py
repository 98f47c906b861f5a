"""Rendered projects of both web flavours as servers, each with the same rows in its database."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from installs import importable
from stacks import Stack, corner

HOST = "127.0.0.1"
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 30.0
DATABASE = "app.db"

STACKS: Mapping[str, Stack] = {
    interface: corner(
        example=True, interface=interface, database="sqlite", cache="memory", tasks="none"
    )
    for interface in ("asgi", "wsgi")
}
KINDS = {"asgi": ("uvicorn", "granian"), "wsgi": ("uvicorn", "gunicorn")}
"""The web servers of each flavour."""


class Services:
    """Starts services of both flavours; they end with the block."""

    def __init__(self, rendered: Callable[[Stack], Path], folder: Path, stack: ExitStack) -> None:
        self._projects = {name: rendered(each) for name, each in STACKS.items()}
        self._folder = folder
        self._stack = stack
        self._rows = self._seeded()

    def start(self, interface: str, **settings: str) -> int:
        """Serve a project on rows of its own, the same in all; return its port."""
        folder = self._folder / f"{interface}-{'-'.join(settings.values())}"
        folder.mkdir()
        shutil.copy(self._rows, folder / DATABASE)
        port = free_port()
        command = self._command(interface, folder, SERVER__PORT=str(port), **settings)
        self._stack.enter_context(_running(*command, port=port))
        return port

    def _seeded(self) -> Path:
        folder = self._folder / "rows"
        folder.mkdir()
        for arguments in (("db", "upgrade"), ("seed", "--users", "20")):
            python, environment = self._command("asgi", folder)
            done = subprocess.run(
                [*python[:-1], *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert not done.returncode, done.stderr
        return folder / DATABASE

    def _command(
        self, interface: str, folder: Path, **settings: str
    ) -> tuple[list[str], dict[str, str]]:
        environment = importable(self._projects[interface], "shop", folder)
        settings |= {"DB__URL": f"sqlite:///{folder / DATABASE}"}
        named = {f"SHOP_{name}": value for name, value in settings.items()}
        return [sys.executable, "-m", "shop", "serve"], environment | named


@contextmanager
def services(rendered: Callable[[Stack], Path], folder: Path) -> Iterator[Services]:
    """Yield what starts services."""
    with ExitStack() as stack:
        yield Services(rendered, folder, stack)


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    folder = Path(environment["SHOP_DB__URL"].removeprefix("sqlite:///")).parent
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(process, port, folder / "log")
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not listen:\n{log.read_text()}")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        port: int = holder.getsockname()[1]
        return port
