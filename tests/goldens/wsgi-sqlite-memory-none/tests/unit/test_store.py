"""The cache's table in this process: bounded, and each entry with its own life."""

from time import monotonic

from shop.cache.settings import CacheSettings
from shop.cache.store import open_store
from shop.observability.metrics import Metrics

LONG_S = 60.0
SHORT_S = 0.01
LIMIT_S = 5.0


def test_what_is_kept_is_found_until_it_is_deleted() -> None:
    with open_store(CacheSettings(), Metrics()) as store:
        store.set("a", b"1", LONG_S)
        store.set("b", b"", LONG_S)
        assert [store.get(key) for key in "abc"] == [b"1", b"", None]

        store.delete("a", "c")

        assert [store.get(key) for key in "abc"] == [None, b"", None]


def test_an_entry_ends_after_its_own_life() -> None:
    with open_store(CacheSettings(), Metrics()) as store:
        store.set("short", b"1", SHORT_S)
        store.set("long", b"2", LONG_S)

        deadline = monotonic() + LIMIT_S
        while store.get("short") is not None:
            assert monotonic() < deadline

        assert store.get("long") == b"2"


def test_a_new_life_replaces_the_old_one() -> None:
    with open_store(CacheSettings(), Metrics()) as store:
        store.set("key", b"1", LONG_S)
        store.set("key", b"2", SHORT_S)

        deadline = monotonic() + LIMIT_S
        while (kept := store.get("key")) is not None:
            assert kept == b"2"
            assert monotonic() < deadline


def test_a_full_table_forgets_what_ends_soonest() -> None:
    with open_store(CacheSettings(max_entries=3), Metrics()) as store:
        for number in range(10):
            store.set(str(number), b"x", LONG_S + number)

        found = [number for number in range(10) if store.get(str(number)) is not None]

    assert found == [7, 8, 9]
