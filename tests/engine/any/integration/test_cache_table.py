"""The table of kept answers: leases, tags, ends, names, and tables that are not there."""

from collections.abc import AsyncIterator, Sequence
from time import time
from typing import TypeVar
from uuid import uuid4

import pytest
from hotpath.aio.cache.table import TableStore
from hotpath.aio.cache.table_sweep import purge_expired
from hotpath.aio.concurrency import Background
from hotpath.aio.side_by_side import for_each
from hotpath.cache.entries import Invalidation, Lease
from hotpath.cache.tables import EntryRow
from hotpath.testing.queries import count_queries
from sqlalchemy import func, insert, select, update

from package_name.resources import Resources

from ..shop import NAMESPACE

T = TypeVar("T")

LONG_S = 60.0
LONG_AGO = -1.0
MANY = 10_000


@pytest.fixture
async def store(resources: Resources) -> AsyncIterator[TableStore]:
    """Yield the store; nothing may have failed in it at the end."""
    table = TableStore(resources.db, NAMESPACE, resources.metrics, Background(1))
    yield table
    assert resources.metrics.total(resources.metrics.cache_errors, table.tier) == 0


def new_key(name: str = "key") -> str:
    """Return a key that no other test uses."""
    return f"{name}:{uuid4().hex}"


async def keep(store: TableStore, key: str, data: bytes = b"data", *tags: str) -> Lease:
    """Keep data as a reader does who missed."""
    lease = await store.lease(key, tags, LONG_S)
    assert lease.is_held
    await store.put(lease, data, LONG_S)
    return lease


async def data_of(store: TableStore, key: str) -> bytes | None:
    """Return what is kept."""
    signed = await store.get(key, ())
    return None if signed is None else signed.data


async def test_what_is_kept_is_found_with_the_stamps_of_its_tags(store: TableStore) -> None:
    key, tags = new_key(), (new_key("tag"), new_key("tag"))
    assert await store.get(key, tags) is None

    lease = await keep(store, key, b"data", *tags)

    signed = await store.get(key, tags)
    assert signed is not None
    assert (signed.data, tuple(signed.stamps)) == (b"data", lease.stamps)
    assert len(lease.stamps) == 2


async def test_one_at_a_time_has_the_lease(store: TableStore) -> None:
    key = new_key()
    first, second = await store.lease(key, (), LONG_S), await store.lease(key, (), LONG_S)
    assert (first.is_held, second.is_held, second.is_refused) == (True, False, False)
    assert await store.get(key, ()) is None

    await store.release(second)  # it is not theirs
    assert not (await store.lease(key, (), LONG_S)).is_held
    await store.release(first)
    assert (await store.lease(key, (), LONG_S)).is_held


async def test_many_who_ask_at_once_get_one_lease_and_the_same_stamps(store: TableStore) -> None:
    key, tag = new_key(), new_key("tag")
    leases: list[Lease] = []

    async def request(asked: str) -> None:
        leases.append(await store.lease(asked, (tag,), LONG_S))

    await for_each(each_of([key] * 8), request, 4)
    await for_each(each_of([new_key() for _ in range(8)]), request, 4)

    assert [lease.is_held for lease in leases[:8]].count(True) == 1
    assert len({lease.stamps for lease in leases if lease.is_held}) == 1


async def test_a_lease_that_ended_goes_to_the_next_one_and_keeps_nothing(
    store: TableStore,
) -> None:
    key = new_key()
    slow = await store.lease(key, (), LONG_AGO)
    assert slow.is_held

    await store.put(slow, b"late", LONG_S)
    assert await data_of(store, key) is None

    following = await store.lease(key, (), LONG_S)
    await store.put(slow, b"late", LONG_S)
    await store.release(slow)
    await store.put(following, b"right", LONG_S)
    assert await data_of(store, key) == b"right"


async def test_what_was_put_or_released_cannot_be_put_again(store: TableStore) -> None:
    lease = await keep(store, new_key())
    await store.put(lease, b"again", LONG_S)
    assert await data_of(store, lease.key) == b"data"

    another = await store.lease(lease.key, (), LONG_S)
    await store.release(another)
    await store.put(another, b"again", LONG_S)
    assert await data_of(store, lease.key) == b"data"


async def test_an_answer_is_given_out_while_another_is_loaded(store: TableStore) -> None:
    key = new_key()
    await keep(store, key)

    lease = await store.lease(key, (), LONG_S)

    assert await data_of(store, key) == b"data"
    await store.put(lease, b"newer", LONG_S)
    assert await data_of(store, key) == b"newer"


async def test_what_has_ended_is_not_given_out(store: TableStore) -> None:
    key = new_key()
    await store.put(await store.lease(key, (), LONG_S), b"data", LONG_AGO)

    assert await data_of(store, key) is None


async def test_a_change_takes_the_answer_and_the_lease(store: TableStore) -> None:
    name = uuid4().hex
    for invalidation in (
        Invalidation(keys=(f"a:{name}",)),
        Invalidation(patterns=(f"a:{name[:9]}*",)),
    ):
        await keep(store, f"a:{name}")
        lease = await store.lease(f"a:{name}", (), LONG_S)

        await store.invalidate(invalidation)

        assert await data_of(store, f"a:{name}") is None
        await store.put(lease, b"from before the change", LONG_S)
        assert await data_of(store, f"a:{name}") is None


async def test_a_change_of_a_tag_gives_it_another_stamp(store: TableStore) -> None:
    tags = (new_key("tag"), new_key("tag"))
    old = await keep(store, new_key(), b"data", *tags)

    await store.invalidate(Invalidation(tags=(new_key("never used"), tags[1])))

    signed = await store.get(old.key, tags)
    assert signed is not None
    assert signed.stamps[0] == old.stamps[0]
    assert signed.stamps[1] not in (None, old.stamps[1])
    assert (await store.lease(old.key, tags, LONG_S)).stamps == tuple(signed.stamps)


async def test_a_tag_keeps_its_stamp_when_others_come(store: TableStore) -> None:
    tag = new_key("tag")
    first = await store.lease(new_key(), (tag,), LONG_S)

    second = await store.lease(new_key(), (new_key("tag"), tag), LONG_S)

    assert second.stamps[1:] == first.stamps


async def test_a_purge_leaves_the_lease_of_an_answer_that_has_ended(
    store: TableStore, resources: Resources
) -> None:
    key = new_key()
    await store.put(await store.lease(key, (), LONG_S), b"data", LONG_AGO)
    lease = await store.lease(key, (), LONG_S)

    await purge_expired(resources.db, time(), int)

    await store.put(lease, b"newer", LONG_S)
    assert await data_of(store, key) == b"newer"


async def test_a_pattern_forgets_what_it_says_and_nothing_else(store: TableStore) -> None:
    name = uuid4().hex
    meant = [f"{name}:50%_[a]:1", f"{name}:50%_[a]:", f"{name}:50%_[a]:\n*"]
    others = [f"{name}:50%_[A]:1", f"{name}:50x_[a]:1", f"{name}:50%y[a]:1", f"{name}:50%_a:1"]
    for key in meant + others:
        await keep(store, key)

    await store.invalidate(Invalidation(patterns=(f"*{name}:50%_[a]:*",)))

    assert [await data_of(store, key) for key in meant] == [None] * len(meant)
    assert [await data_of(store, key) for key in others] == [b"data"] * len(others)


async def test_any_text_is_a_key_and_a_tag(store: TableStore) -> None:
    name = uuid4().hex
    odd = ["\0", "\\", "\\0", "\\x00", "\ud800", "ü", "\U0001f600" * 200, "'", '"', "\n", "\\n", ""]
    keys = [f"{name}{each}" for each in odd]
    for number, key in enumerate(keys):
        lease = await keep(store, key, str(number).encode(), key)
        await store.invalidate(Invalidation(tags=(key,)))
        signed = await store.get(key, (key,))
        assert signed is not None
        assert signed.stamps != [*lease.stamps]

    assert [await data_of(store, key) for key in keys] == [
        str(number).encode() for number in range(len(odd))
    ]
    await store.invalidate(Invalidation(keys=(keys[0],), patterns=(f"{keys[1]}",)))
    assert [await data_of(store, key) for key in keys[:4]] == [None, None, b"2", b"3"]


async def test_what_is_too_long_for_an_index_is_not_kept(store: TableStore) -> None:
    long = "long " * 1000
    for key, tags in ((long, ()), (new_key(), (long,))):
        lease = await store.lease(key, tags, LONG_S)
        assert (lease.is_held, lease.is_refused) == (False, True)
        await store.invalidate(Invalidation((key,), tags))
        assert await store.get(key, tags) is None


async def test_what_another_version_kept_is_a_miss_and_is_forgotten_with_ours(
    store: TableStore, resources: Resources
) -> None:
    key = new_key()
    await keep(store, key)
    async with resources.db.writing() as session:
        await session.execute(update(EntryRow).where(EntryRow.key == key).values(version="0.0"))
    assert await data_of(store, key) is None

    await store.invalidate(Invalidation(keys=(key,)))

    async with resources.db.reading() as session:
        assert await session.get(EntryRow, key) is None


async def test_many_keys_are_forgotten_in_few_statements(
    store: TableStore, resources: Resources
) -> None:
    name, end = uuid4().hex, time() + LONG_S
    keys = [f"{name}:{number}" for number in range(MANY)]
    row = {"version": "1", "data": b"data", "token": b"", "leased_until": 0, "ends_at": end}
    async with resources.db.writing() as session:
        await session.execute(insert(EntryRow), [{"key": key, **row} for key in keys])

    with count_queries() as statements:
        await store.invalidate(Invalidation(keys=tuple(keys)))

    assert len(statements) == MANY / 1000
    async with resources.db.reading() as session:
        left = select(func.count()).where(EntryRow.key.startswith(name))
        assert await session.scalar(left) == 0


async def test_a_hit_is_one_statement_and_a_miss_three(store: TableStore) -> None:
    key, tag = new_key(), new_key("tag")
    await keep(store, new_key(), b"data", tag)
    with count_queries() as missed:
        await store.get(key, (tag,))
        await keep(store, key, b"data", tag)
    with count_queries() as hit:
        await store.get(key, (tag,))

    assert (len(missed), len(hit)) == (3, 1)


async def test_changes_of_the_same_keys_wait_for_each_other(
    store: TableStore, resources: Resources
) -> None:
    keys, tags = [new_key() for _ in range(50)], [new_key("tag") for _ in range(5)]

    async def work(number: int) -> None:
        step = 1 if number % 2 else -1
        for key in keys[::step][:10]:
            await store.put(await store.lease(key, tags[::step], LONG_S), b"data", LONG_S)
        await store.invalidate(Invalidation(tuple(keys[::step]), tuple(tags[::step])))
        await purge_expired(resources.db, time() + 2 * LONG_S, int)

    await for_each(each_of([*range(8)]), work, 4)

    assert await store.state() == "ok"


async def each_of(items: Sequence[T]) -> AsyncIterator[T]:
    """Yield the items."""
    for place in range(len(items)):
        yield items[place]
