"""What is owed stays owed until it was told, whatever comes meanwhile."""

from hotpath.cache.breaker import MAX_PENDING, PendingInvalidations, merge
from hotpath.cache.entries import Invalidation


def test_only_what_was_told_is_paid() -> None:
    pending = PendingInvalidations()
    pending.add(Invalidation(("a",)))
    told = pending.all()
    pending.add(Invalidation(("a",)))  # changed once more while the first was told

    pending.remove(told)

    assert pending
    assert pending.all() == (Invalidation(("a",)),)
    pending.remove(pending.all())
    assert not pending


def test_past_the_bound_everything_is_invalidated() -> None:
    pending = PendingInvalidations()
    for number in range(MAX_PENDING + 1):
        pending.add(Invalidation((str(number),)))
    assert pending.all() == (Invalidation(patterns=("*",)),)


def test_what_comes_while_everything_is_told_is_told_after_it() -> None:
    pending, much = PendingInvalidations(), Invalidation(tuple(map(str, range(MAX_PENDING + 1))))
    pending.add(much)
    told = pending.all()
    pending.add(much)

    pending.remove(told)

    assert pending.all() == (Invalidation(patterns=("*",)),)


def test_many_changes_are_told_as_one_that_says_each_thing_once() -> None:
    invalidations = [Invalidation(("a", "b"), ("t",)), Invalidation(("b",), ("t", "u"), ("p*",))]
    assert merge(invalidations) == Invalidation(("a", "b"), ("t", "u"), ("p*",))
