"""`@profiled`: what it counts, and where it says that the time went."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hotpath.observability.multiprocess import FOLDER_VARIABLE
from hotpath.profiling.decorator import profiled, report
from hotpath.profiling.profiler import ProfilerBusy, start_call
from hotpath.profiling.store import ProfileNotFound, open_store

from ..profiled_calls import burn, figures, profile_of


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))


def test_blocking_functions_are_counted_and_profiled() -> None:
    @profiled
    def blocking(times: int) -> int:
        """Burn."""
        return times * burn()

    assert blocking(2) == 2 * burn()
    blocking(times=1)

    found = figures("blocking")
    assert (found.calls, found.profiled_calls, found.errors) == (2, 2, 0)
    assert found.seconds > 0
    assert blocking.__doc__ == "Burn."
    own = profile_of("blocking").own_seconds()
    assert own[0][0].name == "burn"
    assert {frame.name for frame, _ in own}.isdisjoint({"pytest_pyfunc_call"})


async def test_a_call_inside_of_a_call_is_part_of_it() -> None:
    @profiled
    async def nested(depth: int) -> int:
        burn()
        return depth and await nested(depth - 1)

    assert await nested(2) == 0

    found = figures("nested")
    assert (found.calls, found.profiled_calls) == (3, 1)
    assert max(len(stack) for stack in profile_of("nested").seconds_by_stack) >= 3


def test_an_error_passes_and_is_counted_and_the_next_call_is_profiled() -> None:
    @profiled(clock="cpu")
    def failing(is_bad: bool) -> None:
        burn()
        if is_bad:
            raise LookupError("bad")

    with pytest.raises(LookupError, match="bad"):
        failing(True)
    failing(False)

    found = figures("failing")
    assert (found.calls, found.profiled_calls, found.errors) == (2, 2, 1)


def test_calls_are_counted_while_something_else_is_profiled() -> None:
    @profiled
    def aside() -> None:
        with pytest.raises(ProfilerBusy, match="one at a time"):
            start_call("request", "second", "wall", None, is_async=False)

    @profiled
    def outer() -> None:
        aside()

    outer()

    assert (figures("aside").calls, figures("aside").profiled_calls) == (1, 0)
    assert figures("aside").path == ""


async def test_a_generator_is_refused_in_a_sentence() -> None:
    def plain() -> Iterator[int]:
        yield 1

    async def generator() -> AsyncIterator[int]:
        yield 1

    for each in (plain, generator):
        with pytest.raises(TypeError, match="is a generator, which runs between others"):
            profiled(each)


def test_what_runs_the_longest_itself_is_reported_first() -> None:
    @profiled
    def long() -> int:
        total = 0
        for number in range(2_000_000):
            total += number
        return total

    @profiled
    def calls() -> None:
        burn()

    calls()
    long()

    names = [each.name.rpartition(".")[2] for each in report().functions]
    assert names.index("long") < names.index("calls")
    assert figures("calls").own_seconds < figures("long").own_seconds
    assert figures("calls").hottest != "calls"


def test_a_profile_that_is_not_there_is_a_sentence() -> None:
    for name in ("0" * 16, "../../etc/passwd", ""):
        with pytest.raises(ProfileNotFound, match="the last 50 are kept"):
            open_store().load(name)
