"""The batcher across threads: who shares a load, and what each caller gets."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import current_thread

import pytest
from hotpath.batch import BatchUnavailable
from hotpath.blocking.dataloader import DataLoader
from hotpath_services.process import wait_until

from ..controlled_loads import SOON_S, ControlledLoads, called

SHORT_S = 0.05
LONG_S = 60.0
MANY = "".join(chr(ord("a") + number) for number in range(64))


def batcher_of(
    load: Callable[[Sequence[str]], Mapping[str, str | Exception]],
    *,
    max_size: int = 256,
    max_wait_s: float = LONG_S,
) -> DataLoader[str, str]:
    """Return a batcher without figures."""
    return DataLoader(load, lambda _: None, max_size=max_size, max_wait_s=max_wait_s)


def flying(batcher: DataLoader[str, str], source: ControlledLoads, key: str) -> Future[str | None]:
    """Ask for a key, and return once it is looked up."""
    loads = len(source.keys)
    caller = called(batcher.get, key)
    assert wait_until(lambda: len(source.keys) == loads + 1, SOON_S)
    return caller


def gathering(batcher: DataLoader[str, str], keys: str) -> list[Future[str | None]]:
    """Ask for keys one after the other, and return once the last caller waits."""
    callers = []
    for count, key in enumerate(keys, start=batcher.waiting + 1):
        callers.append(called(batcher.get, key))
        assert wait_until(lambda count=count: batcher.waiting == count, SOON_S)  # type: ignore[misc]
    return callers


def results(callers: Sequence[Future[str | None]]) -> list[str | None]:
    """Return what the callers got."""
    return [caller.result(SOON_S) for caller in callers]


def errors(callers: Sequence[Future[str | None]]) -> list[BaseException]:
    """Return what the callers failed with."""
    found = [caller.exception(SOON_S) for caller in callers]
    return [error for error in found if error is not None]


def next_answer(
    source: ControlledLoads,
    number: int,
    found: Mapping[str, str | Exception] | BaseException | None = None,
) -> None:
    """Answer a load as soon as it is there."""
    assert wait_until(lambda: len(source.keys) > number, SOON_S)
    source.answer(number, found)


def test_a_lone_lookup_loads_in_its_own_thread() -> None:
    names: list[str] = []

    def load(keys: Sequence[str]) -> dict[str, str | Exception]:
        names.append(current_thread().name)
        return {key: key.upper() for key in keys}

    assert batcher_of(load).get("a") == "A"
    assert names == [current_thread().name]


def test_what_comes_while_one_is_in_flight_leaves_together_after_it() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    first = flying(batcher, source, MANY[0])
    others = gathering(batcher, MANY[1:])
    assert (source.keys, batcher.waiting) == ([[MANY[0]]], 63)

    source.answer(0)

    assert first.result(SOON_S) == "A"  # it leads no other batch
    next_answer(source, 1)
    assert results(others) == [key.upper() for key in MANY[1:]]
    assert source.keys == [[MANY[0]], list(MANY[1:])]


def test_duplicates_share_a_key_and_a_missing_one_is_none() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    flying(batcher, source, "x")
    callers = gathering(batcher, "abab")

    source.answer(0)
    next_answer(source, 1, {"a": "A"})

    assert results(callers) == ["A", None, "A", None]
    assert source.keys[1] == ["a", "b"]


def test_one_bad_key_fails_alone() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    flying(batcher, source, "x")
    first, neighbour, second = gathering(batcher, "aba")

    source.answer(0)
    next_answer(source, 1, {"a": ValueError("bad"), "b": "B"})

    assert neighbour.result(SOON_S) == "B"
    assert_own_copies([first, second], ValueError("bad"))


def test_a_failing_load_fails_each_caller_with_its_own_exception() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    flying(batcher, source, "x")
    callers = gathering(batcher, "aab")

    source.answer(0)
    next_answer(source, 1, OSError(5, "lost"))

    assert_own_copies(callers, OSError(5, "lost"))
    again = flying(batcher, source, "a")
    source.answer(2)
    assert again.result(SOON_S) == "A"


def assert_own_copies(callers: Sequence[Future[str | None]], like: Exception) -> None:
    """Check that all are like one exception, different objects, and say where they are from."""
    raised = errors(callers)
    assert len({id(error) for error in raised}) == len(callers)
    assert {(type(error), error.args) for error in raised} == {(type(like), like.args)}
    assert len({id(error.__cause__) for error in raised}) == 1
    assert type(raised[0].__cause__) is type(like)


def test_a_leader_that_dies_leaves_nobody_hanging() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    first = flying(batcher, source, "x")
    callers = gathering(batcher, "ab")

    source.answer(0, SystemExit(1))
    next_answer(source, 1, SystemExit(2))

    assert isinstance(first.exception(SOON_S), SystemExit)
    kinds = sorted(type(error).__name__ for error in errors(callers))
    assert kinds == ["BatchUnavailable", "SystemExit"]


def test_a_full_batch_leaves_while_others_are_in_flight() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load, max_size=2)
    first = flying(batcher, source, "a")
    waiting = gathering(batcher, "b")

    filling = flying(batcher, source, "c")
    last = gathering(batcher, "d")

    assert source.keys == [["a"], ["b", "c"]]
    source.answer(1)
    assert results([*waiting, filling]) == ["B", "C"]
    next_answer(source, 2)
    source.answer(0)
    assert results([first, *last]) == ["A", "D"]


def test_a_caller_waits_no_longer_than_it_may_and_its_key_is_not_looked_up() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load, max_wait_s=SHORT_S)
    first = flying(batcher, source, "a")

    with pytest.raises(BatchUnavailable, match=r"no answer in 0\.05 s"):
        batcher.get("b")

    assert batcher.waiting == 0
    source.answer(0)
    assert first.result(SOON_S) == "A"
    later = flying(batcher, source, "c")
    source.answer(1)
    assert later.result(SOON_S) == "C"
    assert source.keys == [["a"], ["c"]]


def test_closing_lets_what_is_in_flight_end_and_tells_who_gathers() -> None:
    source = ControlledLoads()
    batcher = batcher_of(source.load)
    first = flying(batcher, source, "a")
    late = gathering(batcher, "b")

    def close(_: str) -> None:
        batcher.close()

    closing = called(close, "")
    assert isinstance(late[0].exception(SOON_S), BatchUnavailable)
    assert not closing.done()
    source.answer(0)

    assert closing.result(SOON_S) is None
    assert first.result(SOON_S) == "A"
    with pytest.raises(BatchUnavailable):
        batcher.get("c")
    assert source.keys == [["a"]]


def test_each_key_is_told_to_the_figures() -> None:
    seen: list[int] = []
    source = ControlledLoads()
    batcher: DataLoader[str, str] = DataLoader(
        source.load, lambda waits_s: seen.append(len(waits_s)), max_size=8, max_wait_s=LONG_S
    )
    flying(batcher, source, "x")
    callers = gathering(batcher, "aab")

    source.answer(0)
    next_answer(source, 1)
    results(callers)

    assert seen == [1, 2]
