"""The hot paths that every stack has: the parts of the cache, and the lightest route."""

from typing import Any

from shop.cache.keys import key_of
from shop.resources import Resources

from ..apps import whole_app_on
from ..inside import call
from .gate import Measure

BODY = b"a user as JSON" * 10


def test_a_key_is_made(measure: Measure) -> None:
    def work(times: int) -> None:
        for number in range(times):
            key_of("page", "active", number)

    measure("make a key", work, times=500)


def test_a_hit_of_the_cache(measure: Measure, opened: Resources) -> None:
    read = opened.cache.get_or_load

    def load() -> bytes:
        return BODY

    def work(times: int) -> None:
        for _ in range(times):
            read("hot", load)

    measure("hit in this process", work, times=2000)


def test_health(measure: Measure, opened: Resources) -> None:
    app: Any = whole_app_on(opened)

    def work(times: int) -> None:
        for _ in range(times):
            status, _body = call(app, "GET", "/healthz")
            assert status == 200

    measure("GET /healthz", work, times=10)
