"""The table of kept answers: leases, tags, ends, names, and tables that are not there."""

from collections.abc import Iterator, Sequence
from time import time
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from shop.cache.model import EntryRow
from shop.cache.stores import Lease
from shop.cache.table_store import TableStore
from shop.cache.table_sweep import purge_ended
from shop.cache.tiers import Change
from shop.concurrency import Background, for_each
from shop.resources import Resources

from ..queries import count_queries

T = TypeVar("T")

LONG_S = 60.0
LONG_AGO = -1.0
MANY = 10_000


@pytest.fixture
def store(resources: Resources) -> Iterator[TableStore]:
    """Yield the store; nothing may have failed in it at the end."""
    table = TableStore(resources.db, resources.metrics, Background(1))
    yield table
    assert resources.metrics.total(resources.metrics.cache_errors, table.tier) == 0


def new_key(name: str = "key") -> str:
    """Return a key that no other test uses."""
    return f"{name}:{uuid4().hex}"


def keep(store: TableStore, key: str, data: bytes = b"data", *tags: str) -> Lease:
    """Keep data as a reader does who missed."""
    lease = store.lease(key, tags, LONG_S)
    assert lease.is_held
    store.put(lease, data, LONG_S)
    return lease


def data_of(store: TableStore, key: str) -> bytes | None:
    """Return what is kept."""
    sealed = store.get(key, ())
    return None if sealed is None else sealed.data


def test_what_is_kept_is_found_with_the_stamps_of_its_tags(store: TableStore) -> None:
    key, tags = new_key(), (new_key("tag"), new_key("tag"))
    assert store.get(key, tags) is None

    lease = keep(store, key, b"data", *tags)

    sealed = store.get(key, tags)
    assert sealed is not None
    assert (sealed.data, tuple(sealed.stamps)) == (b"data", lease.stamps)
    assert len(lease.stamps) == 2


def test_one_at_a_time_has_the_lease(store: TableStore) -> None:
    key = new_key()
    first, second = store.lease(key, (), LONG_S), store.lease(key, (), LONG_S)
    assert (first.is_held, second.is_held, second.is_refused) == (True, False, False)
    assert store.get(key, ()) is None

    store.release(second)  # it is not theirs
    assert not store.lease(key, (), LONG_S).is_held
    store.release(first)
    assert store.lease(key, (), LONG_S).is_held


def test_many_who_ask_at_once_get_one_lease_and_the_same_stamps(store: TableStore) -> None:
    key, tag = new_key(), new_key("tag")
    leases: list[Lease] = []

    def ask(asked: str) -> None:
        leases.append(store.lease(asked, (tag,), LONG_S))

    for_each(each_of([key] * 8), ask, 4)
    for_each(each_of([new_key() for _ in range(8)]), ask, 4)

    assert [lease.is_held for lease in leases[:8]].count(True) == 1
    assert len({lease.stamps for lease in leases if lease.is_held}) == 1


def test_a_lease_that_ended_goes_to_the_next_one_and_keeps_nothing(
    store: TableStore,
) -> None:
    key = new_key()
    slow = store.lease(key, (), LONG_AGO)
    assert slow.is_held

    store.put(slow, b"late", LONG_S)
    assert data_of(store, key) is None

    following = store.lease(key, (), LONG_S)
    store.put(slow, b"late", LONG_S)
    store.release(slow)
    store.put(following, b"right", LONG_S)
    assert data_of(store, key) == b"right"


def test_what_was_put_or_released_cannot_be_put_again(store: TableStore) -> None:
    lease = keep(store, new_key())
    store.put(lease, b"again", LONG_S)
    assert data_of(store, lease.key) == b"data"

    another = store.lease(lease.key, (), LONG_S)
    store.release(another)
    store.put(another, b"again", LONG_S)
    assert data_of(store, lease.key) == b"data"


def test_an_answer_is_given_out_while_another_is_loaded(store: TableStore) -> None:
    key = new_key()
    keep(store, key)

    lease = store.lease(key, (), LONG_S)

    assert data_of(store, key) == b"data"
    store.put(lease, b"newer", LONG_S)
    assert data_of(store, key) == b"newer"


def test_what_has_ended_is_not_given_out(store: TableStore) -> None:
    key = new_key()
    store.put(store.lease(key, (), LONG_S), b"data", LONG_AGO)

    assert data_of(store, key) is None


def test_a_change_takes_the_answer_and_the_lease(store: TableStore) -> None:
    name = uuid4().hex
    for change in (Change(keys=(f"a:{name}",)), Change(patterns=(f"a:{name[:9]}*",))):
        keep(store, f"a:{name}")
        lease = store.lease(f"a:{name}", (), LONG_S)

        store.forget(change)

        assert data_of(store, f"a:{name}") is None
        store.put(lease, b"from before the change", LONG_S)
        assert data_of(store, f"a:{name}") is None


def test_a_change_of_a_tag_gives_it_another_stamp(store: TableStore) -> None:
    tags = (new_key("tag"), new_key("tag"))
    old = keep(store, new_key(), b"data", *tags)

    store.forget(Change(tags=(new_key("never used"), tags[1])))

    sealed = store.get(old.key, tags)
    assert sealed is not None
    assert sealed.stamps[0] == old.stamps[0]
    assert sealed.stamps[1] not in (None, old.stamps[1])
    assert store.lease(old.key, tags, LONG_S).stamps == tuple(sealed.stamps)


def test_a_tag_keeps_its_stamp_when_others_come(store: TableStore) -> None:
    tag = new_key("tag")
    first = store.lease(new_key(), (tag,), LONG_S)

    second = store.lease(new_key(), (new_key("tag"), tag), LONG_S)

    assert second.stamps[1:] == first.stamps


def test_a_purge_leaves_the_lease_of_an_answer_that_has_ended(
    store: TableStore, resources: Resources
) -> None:
    key = new_key()
    store.put(store.lease(key, (), LONG_S), b"data", LONG_AGO)
    lease = store.lease(key, (), LONG_S)

    purge_ended(resources.db, time(), int)

    store.put(lease, b"newer", LONG_S)
    assert data_of(store, key) == b"newer"


def test_a_pattern_forgets_what_it_says_and_nothing_else(store: TableStore) -> None:
    name = uuid4().hex
    meant = [f"{name}:50%_[a]:1", f"{name}:50%_[a]:", f"{name}:50%_[a]:\n*"]
    others = [f"{name}:50%_[A]:1", f"{name}:50x_[a]:1", f"{name}:50%y[a]:1", f"{name}:50%_a:1"]
    for key in meant + others:
        keep(store, key)

    store.forget(Change(patterns=(f"*{name}:50%_[a]:*",)))

    assert [data_of(store, key) for key in meant] == [None] * len(meant)
    assert [data_of(store, key) for key in others] == [b"data"] * len(others)


def test_any_text_is_a_key_and_a_tag(store: TableStore) -> None:
    name = uuid4().hex
    odd = ["\0", "\\", "\\0", "\\x00", "\ud800", "ü", "\U0001f600" * 200, "'", '"', "\n", "\\n", ""]
    keys = [f"{name}{each}" for each in odd]
    for number, key in enumerate(keys):
        lease = keep(store, key, str(number).encode(), key)
        store.forget(Change(tags=(key,)))
        sealed = store.get(key, (key,))
        assert sealed is not None
        assert sealed.stamps != [*lease.stamps]

    assert [data_of(store, key) for key in keys] == [
        str(number).encode() for number in range(len(odd))
    ]
    store.forget(Change(keys=(keys[0],), patterns=(f"{keys[1]}",)))
    assert [data_of(store, key) for key in keys[:4]] == [None, None, b"2", b"3"]


def test_what_is_too_long_for_an_index_is_not_kept(store: TableStore) -> None:
    long = "long " * 1000
    for key, tags in ((long, ()), (new_key(), (long,))):
        lease = store.lease(key, tags, LONG_S)
        assert (lease.is_held, lease.is_refused) == (False, True)
        store.forget(Change((key,), tags))
        assert store.get(key, tags) is None


def test_what_another_version_kept_is_a_miss_and_is_forgotten_with_ours(
    store: TableStore, resources: Resources
) -> None:
    key = new_key()
    keep(store, key)
    with resources.db.writing() as session:
        session.execute(update(EntryRow).where(EntryRow.key == key).values(version="0.0"))
    assert data_of(store, key) is None

    store.forget(Change(keys=(key,)))

    with resources.db.reading() as session:
        assert session.get(EntryRow, key) is None


def test_many_keys_are_forgotten_in_few_statements(store: TableStore, resources: Resources) -> None:
    name, end = uuid4().hex, time() + LONG_S
    keys = [f"{name}:{number}" for number in range(MANY)]
    row = {"version": "1", "data": b"data", "token": b"", "leased_until": 0, "ends_at": end}
    with resources.db.writing() as session:
        session.execute(insert(EntryRow), [{"key": key, **row} for key in keys])

    with count_queries() as statements:
        store.forget(Change(keys=tuple(keys)))

    assert len(statements) == MANY / 1000
    with resources.db.reading() as session:
        left = select(func.count()).where(EntryRow.key.startswith(name))
        assert session.scalar(left) == 0


def test_a_hit_is_one_statement_and_a_miss_three(store: TableStore) -> None:
    key, tag = new_key(), new_key("tag")
    keep(store, new_key(), b"data", tag)
    with count_queries() as missed:
        store.get(key, (tag,))
        keep(store, key, b"data", tag)
    with count_queries() as hit:
        store.get(key, (tag,))

    assert (len(missed), len(hit)) == (3, 1)


def test_changes_of_the_same_keys_wait_for_each_other(
    store: TableStore, resources: Resources
) -> None:
    keys, tags = [new_key() for _ in range(50)], [new_key("tag") for _ in range(5)]

    def work(number: int) -> None:
        step = 1 if number % 2 else -1
        for key in keys[::step][:10]:
            store.put(store.lease(key, tags[::step], LONG_S), b"data", LONG_S)
        store.forget(Change(tuple(keys[::step]), tuple(tags[::step])))
        purge_ended(resources.db, time() + 2 * LONG_S, int)

    for_each(each_of([*range(8)]), work, 4)

    assert store.state() == "ok"


def each_of(items: Sequence[T]) -> Iterator[T]:
    """Yield the items."""
    for place in range(len(items)):
        yield items[place]
