"""Start one server from a program: the same for development and for tests."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hotpath_services.account import Account, server_account
from hotpath_services.process import Home, end, start, wait_for_answer
from hotpath_services.service import ServerKind, ServiceError
from hotpath_services.sources import find_program


@dataclass(frozen=True)
class Server:
    """A server started by this process; it is ready."""

    process: subprocess.Popen[bytes]
    source: str
    pid: int
    """Of the server itself; `process` is Docker's client if it runs in a container."""


def start_program(kind: ServerKind, home: Home, port: int, *, is_durable: bool) -> Server:
    """Start the server on the home's data, made at the first start, and wait until it answers.

    Raises:
        Unavailable: no program is at hand.
        ServiceError: it does not start; the message ends with its log.
    """
    account = server_account()
    program = find_program(kind, account, home)
    if not home.data.exists():
        make_data(kind, program.path, home, account)
    account.give(home.data)
    kind.recover(home.data)
    command = [
        str(program.path),
        *kind.place(home.data, port),
        *kind.arguments(is_durable=is_durable),
    ]
    process = start(command, home, account)
    wait_until_ready(kind, process, home, port)
    return Server(process, program.source, process.pid)


def wait_until_ready(
    kind: ServerKind, process: subprocess.Popen[bytes], home: Home, port: int
) -> None:
    """Wait for the server's first answer; whatever goes wrong, no process is left."""
    try:
        is_ready = wait_for_answer(kind.name, home, lambda: kind.answers(port))
    except BaseException:
        end(home)
        process.wait()
        raise
    if not is_ready:
        raise ServiceError(
            f"{kind.name} ended at once with exit code {process.wait()}. "
            f"The end of {home.log}:\n{home.last_words()}"
        )


def make_data(kind: ServerKind, program: Path, home: Home, account: Account) -> None:
    """Make the data beside its place, so that an interrupted start leaves nothing half made."""
    unfinished = home.path / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.give(unfinished)
    kind.initialize(program, unfinished, account)
    unfinished.rename(home.data)
