"""What the project promises to reach, and whether a run reached it."""

from dataclasses import dataclass

from .results import Results
from .systems import PEERS_OF_BARS
from .workloads import TABLE


@dataclass(frozen=True)
class Bar:
    """A row: a system, what it is compared with, and how many times that it has to reach."""

    title: str
    system: str
    baselines: tuple[str, ...]
    at_least: tuple[float, ...]
    workloads: tuple[str, ...] = TABLE


BEST = "× the best of the three peers"
BARS = (
    Bar(
        f"ASGI + PostgreSQL, hot routes, {BEST}",
        "asgi-postgres-hot",
        PEERS_OF_BARS,
        (30, 30, 8, 11, 14, 10, 20, 12),
    ),
    Bar(
        f"ASGI + PostgreSQL, plain FastAPI routes, {BEST}",
        "asgi-postgres-plain",
        PEERS_OF_BARS,
        (10, 6, 3.5, 6, 7, 8, 20, 3),
    ),
    Bar(
        "WSGI + PostgreSQL, hot routes, × typical Flask",
        "wsgi-postgres-hot",
        ("typical_flask",),
        (20, 25, 5, 9, 15, 10, 7, 18),
    ),
    Bar(
        "WSGI + PostgreSQL, plain Flask routes, × typical Flask",
        "wsgi-postgres-plain",
        ("typical_flask",),
        (3, 4, 2.5, 3.5, 5, 10, 7, 2.5),
    ),
    Bar(
        "ASGI + SQLite, hot routes, × typical FastAPI + aiosqlite",
        "asgi-sqlite-hot",
        ("typical_sqlite",),
        (15, 20, 8, 8, 12, 8, 8, 12),
    ),
    Bar(
        "ASGI + PostgreSQL, hot routes, × the floor",
        "asgi-postgres-hot",
        ("floor",),
        (0.85,) * 5,
        ("W1", "W2", "W2r", "W3", "W4"),
    ),
)


@dataclass(frozen=True)
class Verdict:
    """Whether one bar was reached."""

    reached: float | None
    at_least: float

    @property
    def is_met(self) -> bool:
        return self.reached is not None and self.reached >= self.at_least

    def __str__(self) -> str:
        if self.reached is None:
            return "–"
        digits = 2 if self.at_least < 1 else 1
        word = "met" if self.is_met else "**short**"
        return f"{self.reached:.{digits}f} of {self.at_least:g} {word}"


def judge(results: Results, bar: Bar) -> dict[str, Verdict]:
    """Return a verdict per workload of the bar's row."""
    verdicts = {}
    for workload, at_least in zip(bar.workloads, bar.at_least, strict=True):
        best = results.best(bar.baselines, workload)
        reached = results.ratio(bar.system, best, workload) if best else None
        verdicts[workload] = Verdict(reached, at_least)
    return verdicts
