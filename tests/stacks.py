"""The 16 stacks, computed from the choices of `copier.yml`, and the other answers dealt over them.

Run as a script it prints the stacks as JSON, which CI makes its matrix of.
"""

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
AXES = ("interface", "database", "cache", "tasks")

LONGEST_NAME = "Überlanger Läden-Dienst für çok güzel 日本 Shops und mehr v2+x"
AWKWARD_TEXT = """Says "hi", it's 100 % 🚀 C:\\new; `id` ${HOME} {{ 7 * 7 }} # no: [comment] é"""
# Not questions with choices: the shortest, the longest and the oddest that the questions accept.
# None leaves the question at its default.
TEXTS: dict[str, tuple[str | None, ...]] = {
    "project_name": (None, "X", LONGEST_NAME),
    "package_name": (None, "ab", "a_package_with_a_very_long_nam"),
    "description": (None, AWKWARD_TEXT),
    "author_name": (None, """Zoë O'Brien "Bob" \\ 🙂"""),
    "author_email": (None, "zoe.o'brien+shop@mail.example.co.uk"),
}
Answers = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


@dataclass(frozen=True)
class Stack:
    """One value of every axis, and what was dealt to it of the other questions."""

    axes: tuple[tuple[str, str], ...]
    dealt: tuple[tuple[str, Any], ...] = ()

    @property
    def id(self) -> str:
        return "-".join(value for _, value in self.axes)

    @property
    def answers(self) -> Answers:
        """Return what to pass to Copier; a question that is missing keeps its default."""
        given = dict(self.axes) | dict(self.dealt)
        return {question: value for question, value in given.items() if value is not None}


def read_questions(path: Path = ROOT / "copier.yml") -> dict[str, dict[str, Any]]:
    spec = yaml.safe_load(path.read_text("utf-8"))
    return {name: question for name, question in spec.items() if not name.startswith("_")}


def values_by_question() -> dict[str, tuple[Any, ...]]:
    """Return what is dealt: every choice, yes and no, and `TEXTS`."""
    values: dict[str, tuple[Any, ...]] = {}
    for name, question in read_questions().items():
        if "choices" in question:
            values[name] = tuple(question["choices"].values())
        elif question["type"] == "bool":
            values[name] = (True, False)
        else:
            values[name] = TEXTS[name]
    return values


def all_pairs(values: Mapping[str, Sequence[Any]]) -> set[Pair]:
    """Return every pair of values of any two questions."""
    return {
        ((one, a), (two, b))
        for one, two in itertools.combinations(sorted(values), 2)
        for a, b in itertools.product(values[one], values[two])
    }


def pairs_of(stack: Stack) -> set[Pair]:
    return set(itertools.combinations(sorted(stack.axes + stack.dealt), 2))


def compute_stacks() -> tuple[Stack, ...]:
    """Return every combination of the axes, the rest dealt so that every pair of values occurs."""
    values = values_by_question()
    axes = [
        tuple(zip(AXES, combination, strict=True))
        for combination in itertools.product(*(values[axis] for axis in AXES))
    ]
    rest = {name: values[name] for name in values if name not in AXES}
    for seed in range(1000):
        dealt = tuple(_deal(axes, rest, all_pairs(values), random.Random(seed)))
        if not all_pairs(values) - {pair for stack in dealt for pair in pairs_of(stack)}:
            return dealt
    raise ValueError(f"{len(axes)} stacks are too few for every pair of {sorted(values)}")


def _deal(
    axes: Sequence[tuple[tuple[str, str], ...]],
    rest: Mapping[str, Sequence[Any]],
    missing: set[Pair],
    chance: random.Random,
) -> Iterator[Stack]:
    """Yield the stacks, each with those of 200 random hands that brings most missing pairs."""
    for axis_values in axes:
        hands = [
            Stack(axis_values, tuple((name, _draw(rest[name], chance)) for name in rest))
            for _ in range(200)
        ]
        best = max(hands, key=lambda hand: len(pairs_of(hand) & missing))
        missing = missing - pairs_of(best)
        yield best


def _draw(values: Sequence[Any], chance: random.Random) -> Any:
    return values[int(chance.random() * len(values))]  # `choice` may differ between Pythons


def corner(example: bool, **axes: str) -> Stack:
    """Return a stack whose other answers are the defaults."""
    return Stack(tuple((axis, axes[axis]) for axis in AXES), (("example", example),))


STACKS = compute_stacks()
FULL_CORNER = corner(
    example=True, interface="asgi", database="postgres", cache="redis", tasks="celery"
)
BARE_CORNER = corner(
    example=False, interface="wsgi", database="sqlite", cache="memory", tasks="none"
)

if __name__ == "__main__":
    print(json.dumps([stack.id for stack in STACKS]))
