"""Servers for the development loop: they outlive the terminal, their data outlives them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from hotpath.service import Service
from hotpath_services.docker import start_composed, stop_composed
from hotpath_services.homes import delete_home, home_of, make_home, size_bytes
from hotpath_services.kinds import servers_of
from hotpath_services.process import (
    Home,
    end,
    free_port,
    is_alive,
    one_start_at_a_time,
    wait_for_answer,
)
from hotpath_services.records import Record, exclusive, read_records, write_records, write_variables
from hotpath_services.server import start_program
from hotpath_services.service import ServerKind, ServiceError
from hotpath_services.sources import Unavailable, first_available
from hotpath_services.urls import given_url, is_reachable, without_password

COMPOSE = "docker compose"
ANSWER_WITHIN_S = 10.0
"""For a server that runs already; it may still be reading its log after a power cut."""


@dataclass(frozen=True)
class State:
    """One service as it is now."""

    name: str
    is_up: bool
    source: str = ""
    url: str = field(default="", repr=False)
    pid: int | None = None
    data_bytes: int | None = None


def up(service: Service, project: Path) -> Iterator[str]:
    """Start what the stack needs and does not have; yield a sentence for each service.

    Raises:
        ServiceError: a service cannot be started; those before it stay up.
    """
    kinds = servers_of(service)
    if not kinds:
        yield "This stack needs no services."
        return
    with exclusive(project) as folder:
        running: dict[str, Record] = {}
        for kind in kinds:
            if given := given_url(kind, project):
                shown, place = without_password(given[0]), given[1]
                yield f"{kind.name}: nothing to start, using {shown} from {place}."
                continue
            record, sentence = _up(kind, project, folder)
            running[kind.name] = record
            write_records(folder, read_records(folder) | running)
            write_variables(folder, running)
            yield sentence


def down(service: Service, project: Path, *, deletes_data: bool = False) -> Iterator[str]:
    """End every server that `up` started, also of services that the stack has no longer."""
    with exclusive(project) as folder:
        records = read_records(folder)
        names = sorted({kind.name for kind in servers_of(service)} | set(records))
        if not names:
            yield "There is nothing to stop."
        for name in names:
            is_composed = name in records and records[name].source == COMPOSE
            yield _stop_composed(name, project) if is_composed else _stop(name, folder)
            if deletes_data:
                yield _delete_data(name, folder, is_composed=is_composed)
        stopped = {name: replace(record, pid=None) for name, record in records.items()}
        write_records(folder, stopped)
        write_variables(folder, {})


def status(service: Service, project: Path) -> list[State]:
    """Return the state of each service of the stack."""
    kinds = servers_of(service)
    if not kinds:
        return []
    with exclusive(project) as folder:
        records = read_records(folder)
        return [_state(kind, project, folder, records) for kind in kinds]


def _up(kind: ServerKind, project: Path, folder: Path) -> tuple[Record, str]:
    known = read_records(folder).get(kind.name)
    home = home_of(kind.name, folder)
    if is_alive(home) and (record := _running(kind, home, known)):
        return record, _sentence(kind, record, "is running already")

    def composed() -> Record:
        found = start_composed(kind, project)
        variables = kind.variables_for(found.url)
        return Record(variables, found.url, found.port, COMPOSE, None)

    def own() -> Record:
        return _start(kind, folder, known)

    # Data of our own comes first: a Docker daemon that appears must not hide it.
    sources = (own, composed) if home.data.exists() else (composed, own)
    record = first_available(kind, sources)
    return record, _sentence(kind, record, "is up")


def _running(kind: ServerKind, home: Home, known: Record | None) -> Record | None:
    """Return the record of a server that lives; None if it ends meanwhile."""
    if known is None:
        raise ServiceError(f"A server runs in {home.path}, its port is lost: stop it by `down`.")
    is_up = wait_for_answer(kind.name, home, lambda: kind.answers(known.port), ANSWER_WITHIN_S)
    return known if is_up else None


def _start(kind: ServerKind, folder: Path, known: Record | None) -> Record:
    home = make_home(kind.name, folder)
    if is_alive(home):  # `.dev` was deleted while it ran, and its port with it
        end(home)
    last_port = [known.port] if known else []
    with one_start_at_a_time():
        port = free_port([*last_port, kind.usual_port])
        server = start_program(kind, home, port, is_durable=True)
    # It is meant to outlive this process: nothing to wait for, or to warn about.
    server.process.returncode = 0
    url = kind.url(port, kind.container_environment)
    return Record(kind.variables_for(url), url, port, server.source, server.pid)


def _sentence(kind: ServerKind, record: Record, verb: str) -> str:
    pid = f", process {record.pid}" if record.pid else ""
    return f"{kind.name} {verb} at {without_password(record.url)} ({record.source}{pid})."


def _stop(name: str, folder: Path) -> str:
    home = home_of(name, folder)
    if not is_alive(home):
        return f"{name} is not running."
    end(home)
    return f"{name} is stopped."


def _stop_composed(name: str, project: Path) -> str:
    try:
        stop_composed(name, project)
    except Unavailable as reason:
        return f"{name} is not stopped: {reason}."
    return f"{name} is stopped."


def _delete_data(name: str, folder: Path, *, is_composed: bool) -> str:
    if is_composed:
        return f"The data of {name} is in a volume: `docker compose down --volumes` deletes it."
    delete_home(name, folder)
    return f"The data of {name} is deleted."


def _state(kind: ServerKind, project: Path, folder: Path, records: dict[str, Record]) -> State:
    if given := given_url(kind, project):
        url, place = given
        is_up = is_reachable(url, kind.usual_port)
        return State(kind.name, is_up, place, without_password(url))
    home = home_of(kind.name, folder)
    data_bytes = size_bytes(home) if home.data.exists() else None
    known = records.get(kind.name)
    if known is None or not (known.source == COMPOSE or is_alive(home)):
        return State(kind.name, is_up=False, data_bytes=data_bytes)
    is_up = kind.answers(known.port)
    url = without_password(known.url)
    return State(kind.name, is_up, known.source, url, known.pid, data_bytes)
