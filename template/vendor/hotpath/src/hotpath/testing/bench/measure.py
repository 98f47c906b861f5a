"""Measuring a path and a reference in turn: what else the machine does slows both."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from itertools import islice
from time import perf_counter, process_time
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from hotpath.testing.bench.application import InProcessApplication, Request
from hotpath.testing.bench.baseline import Ratios
from hotpath.testing.bench.verdicts import Verdict, Verdicts

WARM_UP_ROUNDS = 5
"""They open connections and compile statements."""

ROUNDS = 150
REFERENCE_TIMES = 100
"""Of the reference in a round: about a millisecond."""

ATTEMPTS = 12
"""A path is slow if it is so each time: what else the machine does passes."""

DOCUMENT = {"id": 7, "name": "Ada", "tags": ["a", "b"], "at": {"x": 1.5, "y": None}}

Work = Callable[[int], Callable[[], object]]
"""Prepares something that is done so many times; what it returns does it."""


class Timer:
    """Does a piece of work in rounds, and keeps the shortest ones: the least disturbed."""

    def __init__(self, work: Work, times: int) -> None:
        """Warm up.

        Args:
            work: What is measured; what it prepares is not.
            times: Of a round, the same in each run: what a round itself costs is part of it. A
                few milliseconds are best, shorter than what the system gives a process at once.
        """
        self._work = work
        self._times = times
        for _ in range(WARM_UP_ROUNDS):
            self._cpu_s = self._wall_s = float("inf")
            self.measure()

    def measure(self) -> None:
        """Do a round."""
        do = self._work(self._times)
        cpu, wall = process_time(), perf_counter()
        do()
        cpu, wall = process_time() - cpu, perf_counter() - wall
        self._cpu_s = min(self._cpu_s, cpu / self._times)
        self._wall_s = min(self._wall_s, wall / self._times)

    def ratios_to(self, other: "Timer") -> Ratios:
        """Return what this takes as multiples of what `other` takes."""
        return Ratios(self._cpu_s / other._cpu_s, self._wall_s / other._wall_s)


class Measure:
    """Measures a path, and fails the test if it takes more than was accepted."""

    def __init__(
        self, benchmark: BenchmarkFixture, application: InProcessApplication, verdicts: Verdicts
    ) -> None:
        self._benchmark = benchmark
        self._application = application
        self._verdicts = verdicts

    def requests(
        self, path: str, requests: Iterable[Request], *, times: int, rounds: int = ROUNDS
    ) -> None:
        """Measure requests to the application; each has to succeed.

        Args:
            path: What it is called in `baseline.toml`.
            requests: As many as are asked for, such as `itertools.repeat(get("/users/1"))`.
            times: Of a round: a few milliseconds of them.
            rounds: In turn with the reference; fewer for what takes long.
        """
        source = iter(requests)

        def work(count: int) -> Callable[[], object]:
            return partial(self._send, list(islice(source, count)))

        self._measure(path, work, times, rounds, None)

    def call(
        self,
        path: str,
        call: Callable[[], Any],
        *,
        times: int,
        rounds: int = ROUNDS,
        against: Callable[[], Any] | None = None,
    ) -> None:
        """Measure calls of a function; what it returns is awaited if the service is async.

        Args:
            path: What it is called in `baseline.toml`.
            call: The function, such as a `partial`.
            times: Of a round: a few milliseconds of them.
            rounds: In turn with the reference; fewer for what takes long.
            against: The reference; JSON there and back, in plain Python, if there is none.
        """
        self._measure(path, self._calls(call), times, rounds, against)

    def _measure(
        self, path: str, work: Work, times: int, rounds: int, against: Callable[[], Any] | None
    ) -> None:
        timer = Timer(work, times)
        reference = Timer(
            self._calls(against or _json_there_and_back),
            REFERENCE_TIMES if against is None else times,
        )
        self._benchmark.pedantic(timer.measure, setup=reference.measure, rounds=rounds)
        limit = self._verdicts.limit(path)
        for _ in range(rounds * (ATTEMPTS - 1)):
            if limit is None or not timer.ratios_to(reference).exceed(limit):
                break
            reference.measure()
            timer.measure()
        verdict = Verdict(path, timer.ratios_to(reference), limit)
        self._benchmark.extra_info.update(path=path, **verdict.ratios._asdict())
        self._verdicts.add(verdict)

    def _calls(self, call: Callable[[], Any]) -> Work:
        return lambda times: partial(self._application.run, call, times)

    def _send(self, requests: Sequence[Request]) -> None:
        for request, (status, body) in zip(requests, self._application.send(requests), strict=True):
            assert status < HTTPStatus.MULTIPLE_CHOICES, (
                f"{request.method} {request.path}: {status} {body!r}"
            )


def _json_there_and_back() -> None:
    json.loads(json.dumps(DOCUMENT))
