"""`@cached`: one key per set of arguments, whichever way they are passed."""

from datetime import timedelta

import pytest
from hotpath.aio.cache.decorator import cached
from hotpath.aio.concurrency import in_thread

from ..caches import process

CALLS: list[tuple[int, str, tuple[str, ...]]] = []


@cached(str, name="greeting", ignore=["source"], ttl=timedelta(minutes=1), tags=("greetings",))
async def greeting(source: object, number: int, name: str = "Ada", *more: str) -> str:
    """Greet."""
    CALLS.append((number, name, more))
    return f"{name} {number} {len(CALLS)}"


@cached(int, name="blocking")
@in_thread
def blocking(number: int) -> int:
    """Return a number."""
    return number + 1


async def test_the_same_arguments_are_the_same_answer_however_passed() -> None:
    async with process() as running:
        before = len(CALLS)
        answers = {
            await greeting(running.cache, object(), 1),
            await greeting(running.cache, object(), 1, "Ada"),
            await greeting(running.cache, None, number=1),
            await greeting(running.cache, name="Ada", number=1, source=4),
        }

        assert len(answers) == len(CALLS) - before == 1


async def test_other_arguments_are_another_answer() -> None:
    async with process() as running:
        answers = {
            await greeting(running.cache, None, 1),
            await greeting(running.cache, None, 2),
            await greeting(running.cache, None, 1, "Grace"),
            await greeting(running.cache, None, 1, "Ada", "and others"),
        }

        assert len(answers) == 4


async def test_an_answer_is_forgotten_by_its_arguments_and_by_its_tag() -> None:
    async with process() as running:
        first = await greeting(running.cache, None, 1)
        other = await greeting(running.cache, None, 2)

        await greeting.invalidate(running.cache, None, number=1)
        second = await greeting(running.cache, None, 1)
        assert second != first
        assert await greeting(running.cache, None, 2) == other

        await running.cache.invalidate(tags=["greetings"])
        assert await greeting(running.cache, None, 1) != second


async def test_an_answer_is_refreshed() -> None:
    async with process() as running:
        first = await greeting(running.cache, None, 1)
        second = await greeting.refresh(running.cache, None, 1)

        assert second != first
        assert await greeting(running.cache, None, 1) == second


async def test_a_blocking_function_is_cached() -> None:
    async with process() as running:
        assert [await blocking(running.cache, 1) for _ in range(2)] == [2, 2]
        assert running.figure("cache_loads_total") == 1


async def test_its_name_and_docstring_are_those_of_the_function() -> None:
    assert (greeting.__doc__, greeting.__wrapped__.__name__) == ("Greet.", "greeting")  # type: ignore[attr-defined]


def test_an_argument_without_text_is_refused() -> None:
    with pytest.raises(TypeError, match="ignore"):
        greeting.key(None, object())  # type: ignore[arg-type]


def test_what_cannot_be_cached_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="no parameter db"):

        @cached(int, name="unknown", ignore=["db"])
        async def unknown() -> int:
            return 1

    with pytest.raises(TypeError, match="method"):

        class Holder:
            @cached(int, name="method")
            async def method(self) -> int:
                return 1
