"""The stacks are what `copier.yml` says, and the other answers meet on them in every pair."""

import itertools
import json
import subprocess
import sys

from conftest import ROOT
from stacks import AXES, STACKS, Stack, all_pairs, pairs_of, read_questions, values_by_question


def test_every_combination_of_the_axes_is_one_stack() -> None:
    questions = read_questions()
    choices = [questions[axis]["choices"].values() for axis in AXES]

    combinations = [tuple(dict(stack.axes).values()) for stack in STACKS]

    assert list(itertools.product(*choices)) == combinations
    assert len({stack.id for stack in STACKS}) == len(STACKS)


def test_every_pair_of_values_of_any_two_questions_occurs() -> None:
    occurring = {pair for stack in STACKS for pair in pairs_of(stack)}

    assert not all_pairs(values_by_question()) - occurring


def test_every_question_is_dealt_and_every_choice_among_its_values() -> None:
    values = values_by_question()

    assert set(read_questions()) == set(values)
    for name, question in read_questions().items():
        assert len(values[name]) > 1
        assert set(question.get("choices", {}).values()) <= set(values[name])


def test_a_pair_that_does_not_occur_is_seen() -> None:
    stacks = [Stack((("a", "1"), ("b", "1"))), Stack((("a", "2"), ("b", "2")))]
    values = {"a": ("1", "2"), "b": ("1", "2")}

    occurring = {pair for stack in stacks for pair in pairs_of(stack)}

    expected = {(("a", "1"), ("b", "2")), (("a", "2"), ("b", "1"))}
    assert expected == all_pairs(values) - occurring


def test_continuous_integration_gets_the_same_stacks() -> None:
    script = ROOT / "tests" / "stacks.py"

    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)

    assert [stack.id for stack in STACKS] == json.loads(printed.stdout)


def test_the_stacks_are_the_same_in_every_process() -> None:
    """Goldens and kept environments would change with the seed of a hash otherwise."""
    program = "from stacks import STACKS; print(ascii(STACKS))"

    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT / "tests",
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert printed == {f"{STACKS!a}\n"}
