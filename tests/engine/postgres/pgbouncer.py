"""A real PgBouncer in front of the tests' PostgreSQL."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hotpath.testing.servers import HOST, is_listening
from hotpath_services.account import server_account
from hotpath_services.process import end, free_port, start, wait_for_answer
from hotpath_services.temporary import ended_with_this_process, temporary_home

SERVER_CONNECTIONS = 2
MISSING = (
    "There is no program pgbouncer: install it, with `apt-get install pgbouncer`, "
    "`dnf install pgbouncer` or `brew install pgbouncer`."
)


@contextmanager
def pooling(database: str, ignored: Sequence[str] = ()) -> Iterator[str]:
    """Run PgBouncer in transaction pooling; yield the URL of `database` through it.

    Args:
        ignored: What it is told at connect, and does not refuse; otherwise it refuses a lot.
    """
    program = _program()
    if program is None:
        pytest.skip(MISSING)
    port = free_port()
    account = server_account()
    with temporary_home() as home:
        file = home.path / "pgbouncer.ini"
        file.write_text(_configuration(database, port, ignored))
        file.chmod(0o644)
        process = start([program, str(file)], home, account)
        try:
            with ended_with_this_process(home, process.pid):
                assert wait_for_answer("pgbouncer", home, lambda: is_listening(port)), (
                    home.last_words()
                )
                yield urlsplit(database)._replace(netloc=f"app@{HOST}:{port}").geturl()
        finally:
            end(home)
            process.wait()


def _program() -> str | None:
    """Return the path; Debian keeps it where only root looks."""
    found = shutil.which("pgbouncer")
    places = [Path(found)] if found else [Path("/usr/sbin/pgbouncer")]
    return next((str(place) for place in places if place.exists()), None)


def _configuration(database: str, port: int, ignored: Sequence[str]) -> str:
    parts = urlsplit(database)
    known = {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
    }
    target = " ".join(f"{name}={value}" for name, value in known.items() if value)
    return f"""
[databases]
* = {target}
[pgbouncer]
listen_addr = {HOST}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
ignore_startup_parameters = {", ".join(ignored)}
"""
