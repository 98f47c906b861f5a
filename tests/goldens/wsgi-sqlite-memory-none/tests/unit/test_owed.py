"""What is owed stays owed until it was told, whatever comes meanwhile."""

from shop.cache.owed import MAX_OWED, Owed, merged
from shop.cache.tiers import Change


def test_only_what_was_told_is_paid() -> None:
    owed = Owed()
    owed.add(Change(("a",)))
    told = owed.all()
    owed.add(Change(("a",)))  # changed once more while the first was told

    owed.paid(told)

    assert owed
    assert owed.all() == (Change(("a",)),)
    owed.paid(owed.all())
    assert not owed


def test_past_the_bound_everything_is_owed() -> None:
    owed = Owed()
    for number in range(MAX_OWED + 1):
        owed.add(Change((str(number),)))
    assert owed.all() == (Change(patterns=("*",)),)


def test_what_comes_while_everything_is_told_is_told_after_it() -> None:
    owed, much = Owed(), Change(tuple(map(str, range(MAX_OWED + 1))))
    owed.add(much)
    told = owed.all()
    owed.add(much)

    owed.paid(told)

    assert owed.all() == (Change(patterns=("*",)),)


def test_many_changes_are_told_as_one_that_says_each_thing_once() -> None:
    changes = [Change(("a", "b"), ("t",)), Change(("b",), ("t", "u"), ("p*",))]
    assert merged(changes) == Change(("a", "b"), ("t", "u"), ("p*",))
