"""Two processes over one shared tier: what they take from it and what they keep there."""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from hotpath.aio.cache.tiers import Options
from hotpath.cache.codec import codec_of

from ..caches import Loader, until
from ..failing_store import FailingStore, Shelf, process_over

KEY = "answer"
PLAIN: Options = {"codec": codec_of(int)}
TAGGED: Options = {**PLAIN, "tags": ("one", "other")}
EXPENSIVE: Options = {**PLAIN, "is_expensive": True}
STALE: Options = {**PLAIN, "ttl": timedelta(microseconds=1), "stale": timedelta(hours=1)}


def two_stores() -> list[FailingStore]:
    """Return one shelf as two processes see it."""
    shelf = Shelf(lambda _: None)
    return [FailingStore(shelf) for _ in range(2)]


@pytest.mark.parametrize("options", [PLAIN, TAGGED, EXPENSIVE])
async def test_what_one_process_loaded_the_other_takes_from_the_shelf(options: Options) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await process_over(stack, store) for store in two_stores()]
        loader = Loader(1)

        for running in (one, other, other, one):
            assert await running.cache.get_or_load(KEY, loader, **options) == 1
        assert loader.calls == 1


@pytest.mark.parametrize("options", [PLAIN, TAGGED, EXPENSIVE])
async def test_a_refresh_takes_nothing_from_the_shelf_and_replaces_that(options: Options) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await process_over(stack, store) for store in two_stores()]
        await one.cache.get_or_load(KEY, Loader(1), **options)

        assert await one.cache.refresh(KEY, Loader(2), **options) == 2
        assert await other.cache.get_or_load(KEY, Loader(2), **options) == 2


async def test_a_stale_answer_on_the_shelf_is_given_and_loaded_anew() -> None:
    async with AsyncExitStack() as stack:
        one, other = [await process_over(stack, store) for store in two_stores()]
        await one.cache.get_or_load(KEY, Loader(1), **STALE)
        anew = Loader(2)
        assert await other.cache.get_or_load(KEY, anew, **STALE) == 1

        await until(lambda: anew.calls > 0)
