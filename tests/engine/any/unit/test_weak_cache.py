"""One live object per key, and nothing left of it when its users are gone."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from hotpath.cache.weak_cache import WeakCache

AT_ONCE = 8
SOON_S = 20.0


class Thing:
    """An object that is shared."""

    def __init__(self, key: str) -> None:
        self.key = key


def test_threads_at_the_same_time_get_the_same_object() -> None:
    made: list[str] = []

    def make(key: str) -> Thing:
        made.append(key)
        return Thing(key)

    things: WeakCache[str, Thing] = WeakCache(make)
    together = Barrier(AT_ONCE)

    def get(_: int) -> Thing:
        together.wait(SOON_S)
        return things.get("a")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(get, range(AT_ONCE)))

    assert made == ["a"]
    assert {id(each) for each in found} == {id(things.get("a"))}


def test_one_that_is_being_made_holds_up_its_own_key_alone() -> None:
    begun, go_on = Event(), Event()

    def make(key: str) -> Thing:
        if key == "slow":
            begun.set()
            assert go_on.wait(SOON_S)
        return Thing(key)

    things: WeakCache[str, Thing] = WeakCache(make)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(things.get, "slow")
        assert begun.wait(SOON_S)
        assert things.get("quick").key == "quick"
        go_on.set()
        assert slow.result(SOON_S).key == "slow"


def test_with_its_last_user_an_object_is_gone_and_so_is_its_lock() -> None:
    things = WeakCache(Thing)
    kept = [things.get(f"{number}") for number in range(1000)]
    assert len(things) == 1000

    del kept
    gc.collect()
    assert len(things) == 0
    assert len(things._making) == 0


def test_one_that_cannot_be_made_is_made_the_next_time() -> None:
    failures = [LookupError("no")]

    def make(key: str) -> Thing:
        if failures:
            raise failures.pop()
        return Thing(key)

    things = WeakCache(make)
    try:
        things.get("a")
    except LookupError:
        assert len(things) == 0
    assert things.get("a").key == "a"


def test_one_that_is_taken_out_is_given_out_no_more() -> None:
    things = WeakCache(Thing)
    first = things.get("a")

    assert things.pop("a") is first
    assert things.pop("a") is None
    assert things.get("a") is not first
