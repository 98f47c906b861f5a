"""The batcher on an event loop: who shares a load, and what each caller gets."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from hotpath.aio.dataloader import DataLoader
from hotpath.batch import BatchUnavailable

from ..controlled_loads import ControlledLoads, settled

SOON_S = 0.01
LONG_S = 60.0


def batcher_of(
    load: Callable[[Sequence[str]], Awaitable[Mapping[str, str | Exception]]],
    *,
    max_size: int = 256,
    max_wait_s: float = LONG_S,
) -> DataLoader[str, str]:
    """Return a batcher without figures."""
    return DataLoader(load, lambda _: None, max_size=max_size, max_wait_s=max_wait_s)


def unfinished() -> list[asyncio.Future[object]]:
    """Return the futures and tasks that nobody ended, but for the test itself."""
    gc.collect()
    futures = [each for each in gc.get_objects() if isinstance(each, asyncio.Future)]
    return [each for each in futures if not each.done() and each is not asyncio.current_task()]


async def test_a_lone_lookup_leaves_in_the_same_turn_of_the_loop() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    alone = asyncio.create_task(batcher.get("a"))

    await asyncio.sleep(0)  # it asks
    assert batcher.waiting == 1
    await asyncio.sleep(0)  # it leaves

    assert (gated.keys, batcher.waiting) == ([["a"]], 0)
    gated.answer(0)
    assert await alone == "A"


async def test_lookups_of_one_turn_leave_together() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    all_at_once = asyncio.gather(*(batcher.get(f"{number}") for number in range(64)))

    await settled()

    assert gated.keys == [[f"{number}" for number in range(64)]]
    gated.answer(0)
    assert await all_at_once == [f"{number}" for number in range(64)]


async def test_what_comes_while_one_is_in_flight_leaves_together_after_it() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    callers = []
    for number in range(64):
        callers.append(asyncio.create_task(batcher.get(f"{number}")))
        await settled()
    assert (gated.keys, batcher.waiting) == ([["0"]], 63)

    gated.answer(0)
    await settled()

    assert gated.keys[1:] == [[f"{number}" for number in range(1, 64)]]
    gated.answer(1)
    assert await asyncio.gather(*callers) == [f"{number}" for number in range(64)]


async def test_duplicates_share_a_key_and_a_missing_one_is_none() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    callers = asyncio.gather(*(batcher.get(key) for key in ("a", "gone", "a", "gone")))

    await settled()
    gated.answer(0, {"a": "A"})

    assert gated.keys == [["a", "gone"]]
    assert await callers == ["A", None, "A", None]


async def test_one_bad_key_fails_alone() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    callers = asyncio.gather(*map(batcher.get, "aba"), return_exceptions=True)

    await settled()
    gated.answer(0, {"a": ValueError("bad"), "b": "B"})

    first, neighbour, second = await callers
    assert neighbour == "B"
    assert_own_copies([first, second], ValueError("bad"))


async def test_a_failing_load_fails_each_caller_with_its_own_exception() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    callers = asyncio.gather(*map(batcher.get, "aab"), return_exceptions=True)

    await settled()
    gated.answer(0, OSError(5, "lost"))

    assert_own_copies(await callers, OSError(5, "lost"))
    again = asyncio.create_task(batcher.get("a"))
    await settled()
    gated.answer(1)
    assert await again == "A"


def assert_own_copies(raised: Sequence[object], like: Exception) -> None:
    """Check that all are like one exception, different objects, and say where they are from."""
    errors = [each for each in raised if isinstance(each, Exception)]
    assert len({id(error) for error in errors}) == len(raised)
    assert {(type(error), error.args) for error in errors} == {(type(like), like.args)}
    assert len({id(error.__cause__) for error in errors}) == 1
    assert type(errors[0].__cause__) is type(like)


async def test_a_cancelled_caller_does_not_cancel_the_batch() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    goes, stays = (asyncio.create_task(batcher.get(key)) for key in ("a", "b"))
    await settled()

    goes.cancel()
    await settled()
    assert goes.cancelled()
    gated.answer(0)

    assert await stays == "B"


async def test_a_key_whose_callers_all_went_away_is_not_looked_up() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    first, *others = (asyncio.create_task(batcher.get(key)) for key in ("a", "b", "b", "c"))
    first.cancel()  # before it ran
    await settled()
    assert gated.keys == [["b", "c"]]
    later = [asyncio.create_task(batcher.get(key)) for key in ("d", "d", "e")]
    await settled()

    for caller in later[:2]:
        caller.cancel()
    await settled()
    gated.answer(0)
    await settled()

    assert gated.keys[1:] == [["e"]]
    gated.answer(1)
    assert await asyncio.gather(*others, later[2]) == ["B", "B", "C", "E"]


async def test_nothing_is_left_when_all_callers_are_cancelled() -> None:
    before = len(unfinished())
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    flying = [asyncio.create_task(batcher.get("a")) for _ in range(3)]
    await settled()
    gathering = [asyncio.create_task(batcher.get("b")) for _ in range(3)]
    await settled()

    for caller in (*flying, *gathering):
        caller.cancel()
    await settled()
    gated.answer(0, OSError(5, "nobody hears it"))
    await settled()

    assert (gated.keys, batcher.waiting) == ([["a"]], 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert len(unfinished()) <= before  # others may end meanwhile


async def test_a_full_batch_leaves_while_others_are_in_flight() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load, max_size=2)
    callers = asyncio.gather(*map(batcher.get, "abcde"))

    await settled()

    assert (gated.keys, batcher.waiting) == ([["a", "b"], ["c", "d"]], 1)
    gated.answer(1)
    await settled()
    assert gated.keys[2:] == [["e"]]
    gated.answer(0)
    gated.answer(2)
    assert await callers == list("ABCDE")


async def test_a_caller_waits_no_longer_than_it_may() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load, max_wait_s=SOON_S)

    with pytest.raises(BatchUnavailable, match=r"no answer in 0\.01 s"):
        await batcher.get("a")

    gated.answer(0)
    await settled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_load_is_told() -> None:
    async def cancelled(_: Sequence[str]) -> dict[str, str | Exception]:
        raise asyncio.CancelledError

    with pytest.raises(BatchUnavailable):
        await batcher_of(cancelled).get("a")


async def test_closing_lets_what_is_in_flight_end_and_tells_who_gathers() -> None:
    gated = ControlledLoads()
    batcher = batcher_of(gated.load)
    flying = asyncio.create_task(batcher.get("a"))
    await settled()
    gathering = asyncio.create_task(batcher.get("b"))
    await settled()

    closing = asyncio.create_task(batcher.close())
    await settled()
    assert not closing.done()
    gated.answer(0)
    await closing

    assert await flying == "A"
    for late in (gathering, batcher.get("c")):
        with pytest.raises(BatchUnavailable):
            await late
    assert gated.keys == [["a"]]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_each_key_is_told_to_the_figures() -> None:
    seen: list[int] = []
    gated = ControlledLoads()
    batcher: DataLoader[str, str] = DataLoader(
        gated.load, lambda waits_s: seen.append(len(waits_s)), max_size=8, max_wait_s=LONG_S
    )
    callers = asyncio.gather(*map(batcher.get, "aab"))

    await settled()
    gated.answer(0)
    await callers

    assert seen == [2]
