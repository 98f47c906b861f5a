"""The stored ratios of the hot paths, and the limits that follow from them.

A ratio is what a path takes as a multiple of its reference, both measured in turn in one run: it is
the project's own, and much the same on every machine.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HEAD = """\
# What each hot path takes, as a multiple of its reference: processor time, and time. Written by
# `nox -s bench -- --accept`; `nox -s bench` fails past a ratio times its tolerance.
"""


class BadBaseline(Exception):
    """The file is not as `--accept` writes it."""


class Ratios(NamedTuple):
    """What a path takes, in multiples of its reference."""

    cpu: float
    """Processor time of the process: what a busy machine changes least."""

    wall: float
    """Time: waiting is in it too."""

    def times(self, other: "Ratios") -> "Ratios":
        """Return the products."""
        return Ratios(self.cpu * other.cpu, self.wall * other.wall)

    def exceed(self, limit: "Ratios") -> bool:
        """Return whether one of them is past its limit."""
        return self.cpu > limit.cpu or self.wall > limit.wall

    def __str__(self) -> str:
        return f"{short(self.cpu)} cpu, {short(self.wall)} wall"


TOLERANCE = Ratios(1.5, 1.9)
"""Processor times of one code differ by a tenth, also on a busy machine, where times differ by half
and more; a path that takes twice as long is to be seen."""


@dataclass(frozen=True)
class Baseline:
    """What was accepted."""

    ratios: Mapping[str, Ratios]
    tolerance: Ratios = TOLERANCE

    def limit(self, path: str) -> Ratios | None:
        """Return the most that a path may take; None if nothing was accepted."""
        accepted = self.ratios.get(path)
        return accepted and accepted.times(self.tolerance)

    def with_ratios(self, ratios: Mapping[str, Ratios]) -> "Baseline":
        """Return what holds once these are accepted too."""
        return Baseline({**self.ratios, **ratios}, self.tolerance)


def read_baseline(file: Path) -> Baseline | None:
    """Return what was accepted; None if nothing ever was.

    Raises:
        BadBaseline: in a sentence, what is wrong with the file.
    """
    if not file.exists():
        return None
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        paths = content["paths"].items()
        ratios = {path: _ratios(given) for path, given in paths}
        return Baseline(ratios, _ratios(content["tolerance"]))
    except (tomllib.TOMLDecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise BadBaseline(f"{file}: not as `--accept` writes it ({reason})") from None


def write_baseline(baseline: Baseline, file: Path) -> None:
    """Store what is accepted."""
    rows = [f'"{path}" = {_text(ratios)}' for path, ratios in sorted(baseline.ratios.items())]
    lines = [f"tolerance = {_text(baseline.tolerance)}", "", "[paths]", *rows]
    file.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


def changes(before: Ratios | None, now: Ratios) -> tuple[str, ...]:
    """Return what becomes of the processor time and of the time, such as `2.1 → 2.4`."""
    if before is None:
        return tuple(map(short, now))
    return tuple(f"{short(old)} → {short(new)}" for old, new in zip(before, now, strict=True))


def short(ratio: float) -> str:
    """Return three digits of it."""
    return f"{float(f'{ratio:.3g}'):g}"


def _ratios(given: Mapping[str, float]) -> Ratios:
    return Ratios(float(given["cpu"]), float(given["wall"]))


def _text(ratios: Ratios) -> str:
    return f"{{ cpu = {short(ratios.cpu)}, wall = {short(ratios.wall)} }}"
