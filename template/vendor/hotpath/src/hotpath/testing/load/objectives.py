"""`slo.toml`: what a load test has to show, and whether it did."""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hotpath.testing.load.figures import Figures

Limit = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Part = Annotated[float, Field(ge=0, le=1)]

ENOUGH = 10
"""Times: where so many are expected, not one comes in one of 20,000 runs."""


class BadObjectives(Exception):
    """The file says something that cannot be judged by."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Total(_Section):
    """What all requests together have to keep."""

    max_error_rate: Part
    min_requests_per_s: Limit


class Latencies(_Section):
    """Milliseconds in which so many of a hundred answers have to be there."""

    p50_ms: Limit | None = None
    p75_ms: Limit | None = None
    p90_ms: Limit | None = None
    p95_ms: Limit | None = None
    p99_ms: Limit | None = None
    p99_9_ms: Limit | None = None

    def limits(self) -> Mapping[str, float]:
        """Return what is limited: percentile, such as `99.9%` → milliseconds."""
        given = self.model_dump(exclude_none=True)
        return {name[1:-3].replace("_", ".") + "%": limit for name, limit in given.items()}


class Objectives(_Section):
    """The whole file; routes are named as in `GET /users`."""

    all: Total
    routes: dict[str, Latencies]


class Verdict(NamedTuple):
    """An objective, and what was measured."""

    objective: str
    wanted: str
    measured: str
    holds: bool


def read_objectives(file: Path) -> Objectives:
    """Return what is wanted.

    Raises:
        BadObjectives: in a sentence for each, what is wrong with the file.
    """
    try:
        return Objectives.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise BadObjectives(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadObjectives(f"{file}: {error}") from None
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
        sentences = [f"{file}: {place}: {message}" for place, message in wrong]
        raise BadObjectives("\n".join(sentences)) from None


def require_known(wanted: Objectives, known: Collection[str], file: Path) -> None:
    """Refuse objectives of routes that no scenario requests.

    Raises:
        BadObjectives: with the routes that there are.
    """
    if unknown := sorted(wanted.routes.keys() - set(known)):
        names, others = ", ".join(unknown), ", ".join(sorted(known))
        raise BadObjectives(f"{file}: no scenario requests {names}; requested are {others}")


def seconds_needed(weights: Iterable[int], scenarios_per_s: float) -> int:
    """Return how long a load has to be for the rarest scenario to come `ENOUGH` times."""
    each = list(weights)
    return ceil(ENOUGH * sum(each) / min(each) / scenarios_per_s)


def judge(wanted: Objectives, total: Figures, routes: Mapping[str, Figures]) -> Iterator[Verdict]:
    """Yield a verdict for each objective; a route without requests does not hold."""
    errors = total.failures / total.requests if total.requests else 1.0
    most = wanted.all.max_error_rate
    yield Verdict("errors", f"≤ {most:.3%}", f"{errors:.3%}", errors <= most)
    least, rate = wanted.all.min_requests_per_s, total.good_per_s
    yield Verdict("good requests/s", f"≥ {least:g}", f"{rate:.1f}", rate >= least)
    for route, latencies in wanted.routes.items():
        found = routes.get(route)
        for percentile, limit_ms in latencies.limits().items():
            name, at_most = f"{route} {percentile}", f"≤ {limit_ms:g} ms"
            if found is None or not found.requests:
                yield Verdict(name, at_most, f"none of {total.requests:,} requests", holds=False)
                continue
            took_ms = found.latencies_ms[percentile]
            yield Verdict(name, at_most, f"{took_ms:g} ms", took_ms <= limit_ms)
