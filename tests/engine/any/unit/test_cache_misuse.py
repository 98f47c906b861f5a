"""What cannot be meant is refused, before anything is loaded or forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from hotpath.aio.cache.decorator import cached

from ..caches import Loader, Process, process

HALF = "\ud800"
ONE_STRING: Any = "users"


async def read(running: Process, **options: Any) -> bytes:
    """CacheRequest for an answer."""
    return await running.cache.get_or_load("key", Loader(b"1"), **options)


async def test_one_string_is_not_taken_for_many() -> None:
    async with process() as running:
        cache = running.cache
        cache.register("letters", lambda _: ONE_STRING)

        with pytest.raises(TypeError, match="one string"):
            await read(running, tags=ONE_STRING)
        with pytest.raises(TypeError, match="one string"):
            await cache.invalidate(tags=ONE_STRING)
        with pytest.raises(TypeError, match="one string"):
            await cache.invalidate(patterns=ONE_STRING)
        with pytest.raises(TypeError, match="one string"):
            await cache.invalidate_entity("letters", 7)
        with pytest.raises(TypeError, match="one string"):
            cache.register("tagged", lambda _: (), tags=ONE_STRING)
        with pytest.raises(TypeError, match="one string"):
            cached(bytes, name="tagged", tags=ONE_STRING)(Loader(b"1").__call__)


async def test_what_cannot_be_written_is_no_key() -> None:
    async with process() as running:
        number: Any = 7
        with pytest.raises(ValueError, match="surrogates"):
            await running.cache.get_or_load(HALF, Loader(b"1"))
        with pytest.raises(ValueError, match="surrogates"):
            await running.cache.invalidate(HALF)
        with pytest.raises(TypeError, match="7 is no string"):
            await running.cache.invalidate(number)


@pytest.mark.parametrize(("ttl_s", "stale_s"), [(0, 0), (-1, 0), (1, -1)])
async def test_a_life_is_above_zero(ttl_s: float, stale_s: float) -> None:
    options = {"ttl": timedelta(seconds=ttl_s), "stale": timedelta(seconds=stale_s)}
    async with process() as running:
        assert await read(running) == b"1"
        await running.cache.invalidate("key")
        with pytest.raises(ValueError, match="above 0"):
            await read(running, **options)


async def test_an_entity_nobody_registered_is_named() -> None:
    async with process() as running:
        running.cache.register("users", lambda _: ())
        with pytest.raises(ValueError, match="order is not registered; registered: user"):
            await running.cache.invalidate_entity("order", 7)


def test_a_wrong_name_is_refused_at_the_decoration() -> None:
    with pytest.raises(ValueError, match="no ':'"):
        cached(bytes, name="a:b")(Loader(b"1").__call__)
