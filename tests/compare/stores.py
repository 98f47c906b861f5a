"""The data of a run: 100,000 users in PostgreSQL and in a SQLite file, fresh for every start."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .cores import CompareError, Cores, pinned
from .shell import environment, run
from .workloads import USERS

BACKING = Path(__file__).with_name("backing.py")
PACKAGE = "shop"
PREFIX = "SHOP_"


@dataclass(frozen=True)
class Places:
    """Where the data of one start are."""

    postgres: str
    redis: str
    sqlite: Path


@dataclass
class Stores:
    """The servers of a run, and what they are made from."""

    process: "subprocess.Popen[str]"
    folder: Path
    versions: dict[str, str] = field(default_factory=dict)

    def ask(self, order: str) -> dict[str, str]:
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(order), file=self.process.stdin, flush=True)
        return _answer(self.process)

    def fresh(self) -> Places:
        """Return untouched data; those of the start before are gone."""
        given = self.ask("fresh")
        used = self.folder / "used.db"
        for left in self.folder.glob("used.db*"):
            left.unlink()
        shutil.copyfile(self.folder / "seeded.db", used)
        return Places(given["postgres"], given["redis"], used)


@contextlib.contextmanager
def open_stores(
    postgres: Path, sqlite: Path, folder: Path, cores: Cores, users: int = USERS
) -> Iterator[Stores]:
    """Run PostgreSQL and Valkey and fill them, and a SQLite file, with the projects' own commands.

    Args:
        postgres: A project with PostgreSQL and Redis.
        sqlite: A project with SQLite.
        folder: For the file.
        cores: What the servers may use are the others.
        users: How many there are.
    """
    python = postgres / ".venv" / "bin" / "python"
    process = subprocess.Popen(
        [str(python), str(BACKING), PACKAGE],
        cwd=postgres,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(cores.others),
        start_new_session=True,  # Ctrl-C is for us; it ends when nobody reads
    )
    assert process.stdin
    try:
        stores = Stores(process, folder)
        _fill(postgres, _answer(process), users)
        _fill(sqlite, {f"{PREFIX}DB__URL": f"sqlite:///{folder / 'seeded.db'}"}, users)
        stores.versions = stores.ask("seeded")
        yield stores
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def _answer(process: "subprocess.Popen[str]") -> dict[str, str]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise CompareError("The databases ended; what they said is above.")
    answer: dict[str, str] = json.loads(line)
    return answer


def _fill(project: Path, variables: Mapping[str, str], users: int) -> None:
    command = str(project / ".venv" / "bin" / PACKAGE)
    run(project, command, "db", "upgrade", variables=variables)
    run(project, command, "seed", "--users", str(users), variables=variables)
