"""What is compared: each system, and the ways it is started to serve which workloads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from .recipes import Generated, Hotpath, Peer, Recipe
from .stores import PREFIX
from .workloads import TABLE, Paths

HOT_ROUTES = f"{PREFIX}SERVER__HOT_ROUTES"
WORKERS = f"{PREFIX}SERVER__WORKERS"
ONE_KEPT = f"{PREFIX}CACHE__L1_MAX_ENTRIES"
USUAL_PATHS = Paths()
KIND = f"{PREFIX}SERVER__KIND"
KEPT_S = {f"{PREFIX}CACHE__TTL_S": "3600", f"{PREFIX}CACHE__L1_TTL_S": "3600"}
OWN_PATHS = Paths(cached="/users", in_redis="/users", has_cursors=True)
FROM_DATABASE = ("W7", "W1", "W3", "W6", "W4", "W5")
"""In this order: what adds users is last."""

Kind = Literal["hotpath", "peer", "floor", "aside"]


@dataclass(frozen=True)
class Start:
    """One way to run a system, and what it is asked then."""

    recipe: Recipe
    workloads: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    has_all_cores: bool = False
    loads_libraries_of: str = ""
    """A rendered project, in whose environment and with whose libraries it runs."""


@dataclass(frozen=True)
class System:
    """Something that answers the workloads."""

    id: str
    title: str
    kind: Kind
    starts: tuple[Start, ...]
    is_extra: bool = False
    """Whether it is measured only if `--only` names it."""
    paths: Paths = USUAL_PATHS


def hotpath(interface: str, database: str, framework: str, *, is_hot: bool) -> System:
    """Return a rendered stack: without a cache, with its cache, with Redis only."""
    stack = f"{interface}-{database}"
    routes = {} if is_hot else {HOT_ROUTES: "false"}
    aside = ("one", "fifth") if is_hot and stack == "asgi-postgres" else ()
    plain, shared = Hotpath(f"{stack}-memory-none"), Hotpath(f"{stack}-redis-none")
    first, by_id, *others = FROM_DATABASE
    return System(
        f"{stack}-{'hot' if is_hot else 'plain'}",
        f"hotpath {interface.upper()} + {NAMES[database]}, "
        f"{'hot routes' if is_hot else f'plain {framework} routes'}",
        "hotpath",
        (
            Start(plain, (first, by_id, *aside, *others), routes | {ONE_KEPT: "1"}),
            Start(shared, ("W2",), routes | KEPT_S),
            Start(shared, ("W2r",), routes | KEPT_S | {ONE_KEPT: "1"}),
        ),
        paths=OWN_PATHS,
    )


def under(kind: str, system: System) -> System:
    """Return the same stack under the server that is not its default."""
    starts = (replace(each, variables={**each.variables, KIND: kind}) for each in system.starts)
    return replace(
        system,
        id=f"{system.id}-{kind}",
        title=f"{system.title}, {kind}",
        starts=tuple(starts),
        is_extra=True,
    )


NAMES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}
UVICORN = ("uvicorn", "app:app", "--port", "{port}", "--no-access-log")
GUNICORN = ("gunicorn", "app:app", "--bind", "127.0.0.1:{port}")
THREADS = ("--worker-class", "gthread", "--workers", "1", "--threads", "16")
GRANIAN = ("granian", "app:app", "--interface", "asgi", "--port", "{port}", "--workers", "1")
FASTAPI = Peer("typical_fastapi", UVICORN, "postgresql+asyncpg")
FASTAPI_SQLITE = Peer("typical_fastapi", UVICORN, "sqlite+aiosqlite", "sqlite")
FLASK = Peer("typical_flask", GUNICORN + THREADS, "postgresql+psycopg")
GRANIAN_UVLOOP = (*GRANIAN, "--loop", "uvloop", "--no-ws", "--no-access-log")
LITESTAR = Peer("litestar", GRANIAN_UVLOOP, "postgresql+asyncpg")
FLOOR = Peer("floor", GRANIAN_UVLOOP, "postgresql")
ASKED = ("W7", "W1", "W2", "W3", "W6", "W4", "W5")
"""Their only cache is Redis: W2r is W2."""
GENERATED_PATHS = Paths(
    "/api/users", "/api/cached/users", "/api/cached/users", health="/api/health"
)
FLOOR_PATHS = Paths(in_redis="/redis/users")
TWO = {WORKERS: "2"} | KEPT_S

SYSTEMS = (
    hotpath("asgi", "postgres", "FastAPI", is_hot=True),
    System(
        "floor",
        "floor: bare ASGI, batched asyncpg, granian",
        "floor",
        (Start(FLOOR, ("W7", "W1", "fifth", "W2", "W2r", "W3", "W6", "W4", "W5")),),
        paths=FLOOR_PATHS,
    ),
    hotpath("asgi", "postgres", "FastAPI", is_hot=False),
    hotpath("wsgi", "postgres", "Flask", is_hot=True),
    hotpath("wsgi", "postgres", "Flask", is_hot=False),
    under("granian", hotpath("asgi", "postgres", "FastAPI", is_hot=True)),
    under("gunicorn", hotpath("wsgi", "postgres", "Flask", is_hot=True)),
    System(
        "fastapi_template",
        "fastapi_template, as generated",
        "peer",
        (Start(Generated(), ASKED),),
        paths=GENERATED_PATHS,
    ),
    System(
        "typical_fastapi",
        "typical FastAPI + async ORM, uvicorn",
        "peer",
        (Start(FASTAPI, ASKED),),
    ),
    System(
        "litestar",
        "Litestar + advanced-alchemy + msgspec, granian",
        "peer",
        (Start(LITESTAR, ASKED),),
    ),
    System(
        "typical_flask",
        "typical Flask + ORM, gunicorn gthread",
        "peer",
        (Start(FLASK, ASKED),),
    ),
    hotpath("asgi", "sqlite", "FastAPI", is_hot=True),
    System(
        "typical_sqlite",
        "typical FastAPI + aiosqlite ORM, uvicorn",
        "peer",
        (Start(FASTAPI_SQLITE, ASKED),),
    ),
    replace(hotpath("asgi", "sqlite", "FastAPI", is_hot=False), is_extra=True),
    System(
        "floor-uvicorn",
        "floor, under uvicorn",
        "aside",
        (Start(replace(FLOOR, serve=(*UVICORN, "--log-level", "warning")), FROM_DATABASE),),
        is_extra=True,
        paths=FLOOR_PATHS,
    ),
    System(
        "floor-unbatched",
        "floor, one query per request",
        "aside",
        (Start(FLOOR, ("one",), {"BATCHED": "0"}),),
        paths=FLOOR_PATHS,
    ),
    System(
        "same-libraries",
        "typical FastAPI, with the libraries that hotpath imports",
        "aside",
        (Start(FASTAPI, (), loads_libraries_of="asgi-postgres-redis-none"),),
    ),
    System(
        "one-worker",
        "hotpath ASGI + PostgreSQL, 1 worker, all cores",
        "aside",
        (
            Start(
                Hotpath("asgi-postgres-memory-none"),
                ("W7", "W2"),
                TWO | {WORKERS: "1"},
                has_all_cores=True,
            ),
        ),
        paths=OWN_PATHS,
    ),
    System(
        "two-workers",
        "hotpath ASGI + PostgreSQL, 2 workers, all cores",
        "aside",
        (
            Start(
                Hotpath("asgi-postgres-memory-none"),
                ("W7", "W2"),
                TWO,
                has_all_cores=True,
            ),
        ),
        paths=OWN_PATHS,
    ),
)
SYSTEM_BY_ID = {system.id: system for system in SYSTEMS}
PEERS_OF_BARS = ("fastapi_template", "typical_fastapi", "typical_flask")


def asks(system: System, workload: str) -> bool:
    """Return whether a system is asked for a workload."""
    return any(workload in start.workloads for start in system.starts)


def recipes(systems: tuple[System, ...]) -> dict[str, Recipe]:
    """Return what has to be made for these, each once."""
    made = [start.recipe for system in systems for start in system.starts]
    libraries = [
        Hotpath(start.loads_libraries_of)
        for system in systems
        for start in system.starts
        if start.loads_libraries_of
    ]
    return {recipe.name: recipe for recipe in made + libraries}


def chosen(words: list[str]) -> tuple[tuple[System, ...], frozenset[str]]:
    """Return the systems and workloads that `--only` names by ids, systems by parts of ids too."""
    known = {*TABLE, "one", "fifth"}
    workloads = frozenset(known.intersection(words)) or frozenset(known)
    parts = [word for word in words if word not in known]
    usual = [s for s in SYSTEMS if not s.is_extra]
    named = [s for s in SYSTEMS if any(_is_named(part, s.id) for part in parts)]
    return tuple(named if parts else usual), workloads


def _is_named(word: str, system: str) -> bool:
    return word == system if word in SYSTEM_BY_ID else word in system
