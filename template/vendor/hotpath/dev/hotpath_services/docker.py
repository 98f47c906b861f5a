"""Servers in containers: one for tests by `docker run`, the project's own by `docker compose`."""

import json
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotpath_services.account import Account
from hotpath_services.process import READY_WITHIN_S, Home, start, wait_until
from hotpath_services.server import Server, wait_until_ready
from hotpath_services.service import HOST, ServerKind, ServiceError
from hotpath_services.sources import Unavailable

COMPOSE_FILE = Path("deploy/compose.yaml")
ANSWER_WITHIN_S = 3.0
"""For `docker info`: a program on PATH says nothing about a daemon behind it."""
PULL_WITHIN_S = 600.0


@dataclass(frozen=True)
class Composed:
    """A service of the compose file and where it listens."""

    port: int
    url: str


def start_container(kind: ServerKind, home: Home, port: int) -> Server:
    """Start a container that ends, and is removed, with its client process.

    Raises:
        Unavailable: no daemon answers, or it cannot get the image.
        ServiceError: the container does not start; the message ends with its log.
    """
    _need_daemon()
    _need_image(kind.image)
    container = f"{kind.name}-{secrets.token_hex(6)}"
    process = start(_run_command(kind, container, port), home, Account())
    wait_until_ready(kind, process, home, port)
    return Server(process, "docker", _pid_of(container))


def start_composed(kind: ServerKind, project: Path) -> Composed:
    """Start the service of the compose file, or leave it running.

    Raises:
        Unavailable: there is no daemon, no compose file, or no such service with a port for us.
        ServiceError: it runs and does not answer.
    """
    if not (project / COMPOSE_FILE).is_file():
        raise Unavailable(f"there is no {COMPOSE_FILE}")
    _need_daemon()
    entry = _compose_entry(kind, project)
    _compose(project, ["up", "--detach", "--wait", kind.name])
    published = _compose(project, ["port", kind.name, str(kind.usual_port)])
    port = int(published.strip().rpartition(":")[2])
    if not wait_until(lambda: kind.answers(port), READY_WITHIN_S):
        raise ServiceError(f"{kind.name} of {COMPOSE_FILE} gives no answer on port {port}.")
    return Composed(port, kind.url(port, entry.get("environment") or {}))


def stop_composed(name: str, project: Path) -> None:
    """Stop the service of the compose file; its volume stays."""
    _compose(project, ["stop", name])


def _run_command(kind: ServerKind, container: str, port: int) -> list[str]:
    environment = kind.container_environment.items()
    return [
        "docker",
        "run",
        "--rm",
        f"--name={container}",
        f"--publish={HOST}:{port}:{kind.usual_port}",
        *(f"--env={name}={value}" for name, value in environment),
        kind.image,
        kind.program_names[0],
        *kind.arguments(is_durable=False),
    ]


def _pid_of(container: str) -> int:
    """Return the server's pid as the daemon's machine counts."""
    pid: int = json.loads(_docker(["inspect", container]))[0]["State"]["Pid"]
    return pid


def _compose_entry(kind: ServerKind, project: Path) -> dict[str, Any]:
    config = json.loads(_compose(project, ["config", "--format", "json"]))
    entry: dict[str, Any] = config["services"].get(kind.name, {})
    targets = [port.get("target") for port in entry.get("ports") or ()]
    if kind.usual_port not in targets:
        raise Unavailable(f"{COMPOSE_FILE} publishes no port of a service {kind.name}")
    return entry


def _compose(project: Path, arguments: Sequence[str]) -> str:
    return _docker(["compose", "-f", str(project / COMPOSE_FILE), *arguments])


def _need_daemon() -> None:
    _docker(["info"], within_s=ANSWER_WITHIN_S)


def _need_image(image: str) -> None:
    try:
        _docker(["image", "inspect", image])
    except Unavailable:
        _docker(["pull", "--quiet", image])


def _docker(arguments: Sequence[str], within_s: float = PULL_WITHIN_S) -> str:
    try:
        done = Account().run(["docker", *arguments], timeout_s=within_s)
    except FileNotFoundError:
        raise Unavailable("Docker is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"`docker {arguments[0]}` gave no answer in {within_s:.0f} s") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1].rstrip(".?!")
        raise Unavailable(f"`docker {arguments[0]}` failed ({last})")
    return done.stdout
