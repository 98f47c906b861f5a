"""A run: make all systems, then round after round start each, ask it all of its workloads, stop it.

Systems take turns (A B C A B C …), so that a busy moment of the machine hits all of them.
"""

import datetime
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from .cores import CompareError, Cores
from .machine import describe_environments, describe_machine
from .proof import prove_checks
from .recipes import Hotpath
from .results import Begin, Results, Run
from .service import Service, served
from .source import Lines, count
from .stores import Stores, open_stores
from .systems import Start, System, recipes
from .workloads import WORKLOADS, Workload

POSTGRES, SQLITE = Hotpath("asgi-postgres-redis-none"), Hotpath("asgi-sqlite-redis-none")
"""What the databases are run and filled with."""
SHARE_OF_PEAK = 0.2
WHOLE_ROUNDS = "`--page` makes the page of the rounds that were whole, if there was one."

Say = Callable[[str], None]


class Comparison:
    """One run of some systems and workloads."""

    def __init__(
        self, systems: tuple[System, ...], workloads: frozenset[str], cores: Cores, say: Say
    ) -> None:
        self._systems = systems
        self._workloads = workloads
        self._cores = cores
        self._say = say

    def run(self, rounds: int, seconds: int, command: str, keep: Path) -> None:
        """Make, measure and clean up; after each round `keep` has all that are whole.

        Raises:
            CompareError: something cannot be made, does not start, or answers wrongly.
        """
        self._rounds = rounds
        self._say("Proving that wrong answers are refused")
        prove_checks(self._cores)
        with tempfile.TemporaryDirectory(prefix="compare.") as scratch:
            folder = Path(scratch).resolve()
            self._make(folder)
            self._say("Filling the databases")
            postgres, sqlite = folder / POSTGRES.name, folder / SQLITE.name
            with open_stores(postgres, sqlite, folder, self._cores) as stores:
                results = Results(
                    datetime.datetime.now(datetime.UTC).date().isoformat(),
                    0,
                    seconds,
                    command,
                    describe_machine(self._cores, stores.versions),
                    describe_environments(folder, recipes(self._systems)),
                    {system.id: system.title for system in self._systems},
                    sources={system.id: self._lines(system, folder) for system in self._systems},
                )
                for number in range(1, rounds + 1):
                    self._round(results, number, folder, stores)
                    results.rounds = number
                    results.write(keep)

    def _make(self, folder: Path) -> None:
        needed = recipes(self._systems) | {made.name: made for made in (POSTGRES, SQLITE)}
        for name, recipe in needed.items():
            self._say(f"Making {name}")
            recipe.make(folder / name)
        for system in self._systems:
            for start in system.starts:
                if start.loads_libraries_of:
                    stack = Hotpath(start.loads_libraries_of)
                    stack.list_libraries(folder / stack.name)

    def _lines(self, system: System, folder: Path) -> Lines:
        recipe = system.starts[0].recipe
        return count(recipe.source(folder / recipe.name))

    def _round(self, results: Results, number: int, folder: Path, stores: Stores) -> None:
        for system in self._systems:
            for start in system.starts:
                asked = [name for name in start.workloads if name in self._workloads]
                if not asked and start.workloads:
                    continue
                with served(system, start, folder, stores.fresh(), self._cores) as service:
                    self._note_start(results, number, start, service)
                    for name in asked:
                        try:
                            self._measure(results, number, service, WORKLOADS[name])
                        except CompareError as error:
                            sentence = f"{system.title}, {name}: {error}\n{WHOLE_ROUNDS}"
                            raise CompareError(sentence) from None

    def _note_start(self, results: Results, number: int, start: Start, service: Service) -> None:
        service.processes.settle()
        memory = service.processes.memory()
        stack = start.loads_libraries_of or start.recipe.name
        results.starts.append(
            Begin(
                number,
                service.system.id,
                stack,
                round(service.first_200_s, 3),
                round(memory.rss_mb, 1),
                round(memory.uss_mb, 1),
            )
        )

    def _measure(self, results: Results, number: int, service: Service, workload: Workload) -> None:
        chance = random.Random(f"{number} {workload.id}")
        service.warm(workload, chance.randrange(10**6))
        rate = results.median(service.system.id, "W1") or 0.0
        if workload.sender == "paced" and not rate:
            raise CompareError("its peak is not known without W1")
        before = service.processes.cpu_s()
        load = service.measure(
            workload, chance.randrange(10**6, 10**7), results.seconds, rate * SHARE_OF_PEAK
        )
        cpu_s = service.processes.cpu_s() - before
        service.processes.settle()
        run = Run(
            number,
            service.system.id,
            workload.id,
            round(load.per_second, 2),
            round(cpu_s / load.requests * 1e6, 1),
            round(cpu_s / load.took_s, 2),
            round(load.p50_ms, 3),
            round(load.p99_ms, 3),
            load.requests,
        )
        results.runs.append(run)
        self._say(
            f"{number}/{self._rounds}  {service.system.id:20} {workload.id:6}"
            f"{run.per_second:12,.1f}/s {run.cpu_us:12,.1f} µs CPU"
            f"  p50 {run.p50_ms:9.2f} ms  p99 {run.p99_ms:9.2f} ms"
        )
