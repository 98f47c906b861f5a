"""How each system is made and started: what to install where, which command, which settings."""

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from renders import copy_template, render

from .shell import PYTHON, UV, environment, run
from .source import Source
from .stores import PACKAGE, PREFIX, Places

PEERS = Path(__file__).with_name("peers")
SECRET_KEY = "compare" * 6
GENERATOR = "fastapi_template==6.1.2"
GENERATED = "shop_ft"
MENDED = {
    ">=3.12,<4.0": ">=3.11,<4.0",  # all systems run on one Python; its code runs on this one too
    '"fastapi >=0.122.0,<1"': '"fastapi >=0.122.0,<0.137"',  # newer ones break its instrumentator
}
LIBRARIES = "libraries.txt"
ASKED = ("create_user", "create_users", "export_users", "list_users", "read_user")
"""The routes of the example that serve the workloads; it has others."""
LIST_LIBRARIES = """
import sys
import importlib
from hotpath.service import Service
import {package}.app
importlib.import_module(Service("{package}").interface + ".server")
{package}.app.create_app()
for name, module in sorted(sys.modules.items()):
    file = getattr(module, "__file__", None) or ""
    if "site-packages" in file and "{package}" not in name and name.isidentifier():
        print(name)
"""


class Recipe(ABC):
    """One environment, and a service in it."""

    name: str

    @abstractmethod
    def make(self, folder: Path) -> None:
        """Fill `folder` with the service and its environment in `.venv`."""

    @abstractmethod
    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Return what starts the service."""

    @abstractmethod
    def variables(self, places: Places, port: int) -> Mapping[str, str]:
        """Return the settings it needs."""

    @abstractmethod
    def source(self, folder: Path) -> Source:
        """Return the files of its users."""


@dataclass(frozen=True)
class Hotpath(Recipe):
    """A rendered project, served by its own command."""

    name: str
    """The stack, as interface-database-cache-tasks."""

    @property
    def stack(self) -> str:
        """The answers, as interface-database-cache-tasks."""
        return self.name

    def make(self, folder: Path) -> None:
        self.render(folder)
        run(folder, UV, "sync", "--quiet")

    def render(self, folder: Path) -> None:
        """Make the project without its environment."""
        questions = ("interface", "database", "cache", "tasks")
        answers = dict(zip(questions, self.stack.split("-"), strict=True))
        render(self.template(folder.parent), folder, {"project_name": "Shop", **answers})

    def template(self, folder: Path) -> Path:
        """Return what it is rendered from, below `folder`."""
        return this_template(folder)

    def list_libraries(self, folder: Path) -> None:
        """Write down which modules of other people its service imports."""
        code = LIST_LIBRARIES.format(package=PACKAGE)
        listed = run(folder, str(folder / ".venv" / "bin" / "python"), "-c", code)
        (folder / LIBRARIES).write_text(listed)

    def command(self, folder: Path, port: int) -> Sequence[str]:
        del port
        return [str(folder / ".venv" / "bin" / PACKAGE), "serve"]

    def variables(self, places: Places, port: int) -> Mapping[str, str]:
        url = f"sqlite:///{places.sqlite}" if "sqlite" in self.name else places.postgres
        given = {
            "ENVIRONMENT": "production",
            "SECRET_KEY": SECRET_KEY,
            "SERVER__PORT": str(port),
            "DB__URL": url,
        }
        if "redis" in self.name:
            given["CACHE__URL"] = places.redis
        return {f"{PREFIX}{name}": value for name, value in given.items()}

    def source(self, folder: Path) -> Source:
        return Source(tuple(sorted((folder / "src" / PACKAGE / "users").glob("*.py"))), ASKED)


@dataclass(frozen=True)
class Peer(Recipe):
    """A folder of `peers/` with its pinned requirements."""

    name: str
    serve: tuple[str, ...]
    scheme: str
    database: Literal["postgres", "sqlite"] = "postgres"

    def make(self, folder: Path) -> None:
        shutil.copytree(PEERS / self.name, folder, dirs_exist_ok=True)
        run(folder, UV, "venv", "--quiet", "--python", PYTHON)
        run(folder, UV, "pip", "sync", "--quiet", "--python", ".venv", "requirements.txt")

    def command(self, folder: Path, port: int) -> Sequence[str]:
        program, *arguments = self.serve
        filled = [argument.format(port=port) for argument in arguments]
        return [str(folder / ".venv" / "bin" / program), *filled]

    def variables(self, places: Places, port: int) -> Mapping[str, str]:
        del port
        address = places.postgres.partition("://")[2]
        url = f"/{places.sqlite}" if self.database == "sqlite" else address
        return {"DATABASE_URL": f"{self.scheme}://{url}", "REDIS_URL": places.redis}

    def source(self, folder: Path) -> Source:
        return Source((folder / "app.py",))


@dataclass(frozen=True)
class Generated(Recipe):
    """What `fastapi_template` generates, with routes of users added as its examples have theirs."""

    name: str = "fastapi_template"

    def make(self, folder: Path) -> None:
        answers = {"--name": GENERATED, "--api-type": "rest", "--db": "postgresql"}
        answers |= {"--orm": "sqlalchemy", "--ci": "none"}
        chosen = [part for pair in answers.items() for part in pair]
        features = ("redis", "migrations", "dummy", "routers", "prometheus", "gunicorn", "loguru")
        flags = [f"--{feature}" for feature in features]
        generator = [UV, "tool", "run", "--from", GENERATOR, "fastapi_template", "--quiet"]
        run(folder.parent, *generator, "--force", *chosen, *flags)
        (folder.parent / GENERATED).rename(folder)
        self._add_users(folder / GENERATED)
        project = folder / "pyproject.toml"
        text = project.read_text()
        for generated, needed in MENDED.items():
            text = text.replace(generated, needed)
        project.write_text(text)
        run(folder, UV, "sync", "--quiet", "--no-dev")

    def _add_users(self, package: Path) -> None:
        source = PEERS / self.name
        shutil.copy(source / "user_model.py", package / "db" / "models")
        shutil.copy(source / "user_dao.py", package / "db" / "dao")
        shutil.copytree(source / "users", package / "web" / "api" / "users")
        router = package / "web" / "api" / "router.py"
        router.write_text(
            f"{router.read_text()}\nfrom {GENERATED}.web.api import users\n\n"
            'api_router.include_router(users.router, tags=["users"])\n'
        )

    def command(self, folder: Path, port: int) -> Sequence[str]:
        del port
        return [str(folder / ".venv" / "bin" / "python"), "-m", GENERATED]

    def variables(self, places: Places, port: int) -> Mapping[str, str]:
        user, _, address = places.postgres.partition("://")[2].rpartition("@")
        name, _, password = user.partition(":")
        server, _, database = address.partition("/")
        host, _, database_port = server.partition(":")
        redis_server = places.redis.partition("://")[2].rpartition("@")[2].partition("/")[0]
        redis_host, _, redis_port = redis_server.partition(":")
        given = {"PORT": str(port), "RELOAD": "False", "ENVIRONMENT": "production"}
        given |= {"DB_HOST": host, "DB_PORT": database_port, "DB_BASE": database}
        given |= {"DB_USER": name, "DB_PASS": password}
        given |= {"REDIS_HOST": redis_host, "REDIS_PORT": redis_port}
        given |= {"PROMETHEUS_DIR": str(places.sqlite.with_name("prometheus"))}
        return {f"{GENERATED.upper()}_{name}": value for name, value in given.items()}

    def source(self, folder: Path) -> Source:
        del folder  # the template's own files are not of users
        return Source(tuple(sorted((PEERS / self.name).rglob("*.py"))))


@cache
def this_template(folder: Path) -> Path:
    """Return a copy of the template without `.git`, which Copier renders as it is."""
    return copy_template(folder / "template")


def versions_of(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return which of these distributions an environment has, and in which version."""
    code = (
        "import importlib.metadata as m, json, sys; "
        "have = {d.name.lower(): d.version for d in m.distributions()}; "
        "print(json.dumps({n: have[n] for n in sys.argv[1:] if n in have}))"
    )
    printed = run(folder, str(folder / ".venv" / "bin" / "python"), "-c", code, *names)
    versions: dict[str, str] = json.loads(printed)
    return versions


def service_environment(recipe: Recipe, places: Places, port: int) -> dict[str, str]:
    return environment() | dict(recipe.variables(places, port))
