"""The template of an earlier commit beside that of the working tree: what a change costs."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median

from stacks import ROOT

from .cores import CompareError
from .recipes import Hotpath
from .results import Results
from .shell import run
from .systems import Start, System

BEFORE = "-before"


@dataclass(frozen=True)
class Earlier(Hotpath):
    """A project as an earlier commit renders it."""

    commit: str = ""

    @property
    def stack(self) -> str:
        return self.name.removesuffix(BEFORE)

    def template(self, folder: Path) -> Path:
        return template_of(self.commit, folder)


@cache
def template_of(commit: str, folder: Path) -> Path:
    """Return the template of a commit, in a folder of its own."""
    archive = folder / f"{commit}.tar"
    parts = ("copier.yml", "extensions", "template")
    run(ROOT, "git", "archive", f"--output={archive}", commit, *parts)
    shutil.unpack_archive(archive, folder / commit)
    return folder / commit


def beside_earlier(systems: Iterable[System], revision: str) -> tuple[System, ...]:
    """Return rendered services, each followed by the same one as a commit renders it.

    Raises:
        CompareError: there is no such commit, or nothing that the template renders.
    """
    try:
        commit = run(ROOT, "git", "rev-parse", "--verify", f"{revision}^{{commit}}").strip()
    except CompareError:
        raise CompareError(f"{revision} is no commit of this repository") from None
    ours = [system for system in systems if system.kind == "hotpath"]
    if not ours:
        raise CompareError("--before needs a system that the template renders")
    return tuple(each for system in ours for each in (system, _before(system, commit)))


def _before(system: System, commit: str) -> System:
    starts = tuple(_earlier(start, commit) for start in system.starts)
    title = f"{system.title}, at {commit[:9]}"
    return replace(system, id=f"{system.id}{BEFORE}", title=title, starts=starts)


def _earlier(start: Start, commit: str) -> Start:
    return replace(start, recipe=Earlier(f"{start.recipe.name}{BEFORE}", commit))


def ratios(results: Results) -> Iterator[str]:
    """Yield a line for each system and workload: requests a second, now over before.

    Of each round one ratio, whose two figures were taken one after the other.
    """
    yield f"{'now / before':40}{'median':>8}{'least':>8}{'most':>8}"
    speeds = {(each.system, each.workload, each.round): each.per_second for each in results.runs}
    for system, workload in dict.fromkeys(key[:2] for key in speeds):
        rounds = range(1, results.rounds + 1)
        pairs = [
            speeds[system, workload, number] / speeds[system + BEFORE, workload, number]
            for number in rounds
            if (system + BEFORE, workload, number) in speeds
        ]
        if pairs:
            label = f"{system}  {workload}"
            yield f"{label:40}{median(pairs):8.2f}{min(pairs):8.2f}{max(pairs):8.2f}"
