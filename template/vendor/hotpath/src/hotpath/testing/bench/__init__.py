"""Benchmarks of a service's hot paths: `nox -s bench`, or `python -m hotpath.testing.bench`.

A project's own are pytest functions in `tests/perf/hot_*.py`:

    def test_a_user_from_the_cache(measure: Measure) -> None:
        measure.requests("GET /users/{id}, cached", repeat(get("/users/1")), times=10)
"""

from hotpath.testing.bench.application import InProcessApplication, Request, get, post
from hotpath.testing.bench.measure import Measure

__all__ = ["InProcessApplication", "Measure", "Request", "get", "post"]
