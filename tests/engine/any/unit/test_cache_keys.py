"""Keys: the same in every process, and different for different arguments."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from subprocess import PIPE
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hotpath.cache.keys import MAX_LENGTH, key_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel


class Kind(Enum):
    """Of values, which are equal to none of theirs."""

    ONE = 1
    TEXT = "ONE"


class Level(IntEnum):
    """Equal to numbers, and not the same."""

    ONE = 1


class Query(BaseModel, frozen=True):
    """What a page is asked for with."""

    status: str | None = None
    limit: int = 50


class Filter(BaseModel, frozen=True):
    """Like it, with another name."""

    status: str | None = None
    limit: int = 50


@dataclass(frozen=True)
class Place:
    """A dataclass."""

    row: int
    column: int


class Pair(NamedTuple):
    """A tuple with a name."""

    row: int
    column: int


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=4),
    st.text("\ud83d\ude00\U0001f600", max_size=3),  # halves of a character, and the whole
    st.sampled_from(["7", ",", ":", "*", '"', "null", "#", "a,b", '"a","b"', "\\"]),
    st.binary(max_size=4),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.sampled_from([*Kind, *Level]),
    st.builds(Query, limit=st.integers(0, 2)),
    st.builds(Filter, limit=st.integers(0, 2)),
    st.builds(Place, st.integers(0, 2), st.integers(0, 2)),
    st.builds(Pair, st.integers(0, 2), st.integers(0, 2)),
)
ARGUMENT = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(0, 3) | st.sampled_from(["int", "map", "1"]), inner)
        | st.frozensets(st.integers(0, 3) | st.sampled_from(["a", "1"]))
    ),
    max_leaves=4,
)
ARGUMENTS = st.lists(ARGUMENT, max_size=3)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ORDERED: dict[type, Callable[[Any], Any]] = {
    dict: lambda value: sorted((exact(each) for each in value.items()), key=repr),
    frozenset: lambda value: sorted(map(exact, value), key=repr),
    list: lambda value: [exact(each) for each in value],
    tuple: lambda value: [exact(each) for each in value],
}


def exact(value: Any) -> Any:
    """Return what is equal for the same values only: 1 is neither True nor 1.0, nan is nan."""
    order = ORDERED.get(type(value), repr)
    return (type(value).__qualname__, order(value))


@settings(max_examples=200, deadline=None)
@given(ARGUMENTS, ARGUMENTS)
def test_different_arguments_have_different_keys_and_the_same_the_same(
    one: list[Any], other: list[Any]
) -> None:
    is_same = [exact(each) for each in one] == [exact(each) for each in other]
    assert (key_of("name", *one) == key_of("name", *other)) == is_same


@settings(max_examples=100, deadline=None)
@given(ARGUMENTS)
def test_a_key_is_of_its_name_alone_and_never_long(arguments: list[Any]) -> None:
    key = key_of("name", *arguments)

    assert key == key_of("name", *arguments)
    assert key.partition(":")[0] == "name"
    assert len(key) <= MAX_LENGTH
    assert key not in (key_of("nam", *arguments), key_of("name2", *arguments))


@pytest.mark.parametrize(
    "alike",
    [
        (7, "7", 7.0, True, Decimal(7), b"7", [7], (7,), {7}, {7: 7}, None),
        (1, True, Level.ONE, Kind.ONE, Kind.TEXT, "ONE"),
        (Query(), Filter(), {"status": None, "limit": 50}),
        (Place(1, 2), Pair(1, 2), (1, 2), [1, 2], {1, 2}),
        (date(2026, 1, 1), NEW_YEAR, str(NEW_YEAR), "2026-01-01"),
        (time(1), timedelta(hours=1), "01:00:00"),
        (UUID(int=1), str(UUID(int=1)), 1),
        ("x" * 500, "x" * 501, ["x" * 500]),
    ],
)
def test_what_looks_alike_is_told_apart(alike: tuple[Any, ...]) -> None:
    assert len({key_of("name", value) for value in alike}) == len(alike)


def test_arguments_are_told_apart_by_where_they_are() -> None:
    keys = {key_of("page", *each) for each in ((1, 23), (12, 3), (1, 2, 3), (123,), ("1,23",))}
    assert len(keys) == 5


def test_keys_are_the_same_in_every_process() -> None:
    program = f"""
from decimal import Decimal
from {key_of.__module__} import key_of
print(key_of("name", {{"b", "a", "c", 1, 2.5}}, {{"z": 1, 2: {{"y", "x"}}}}, Decimal("1.5"), b"x"))
"""
    command = [sys.executable, "-c", program]
    keys = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, stdout=PIPE
        ).stdout
        for seed in ("1", "2")
    }

    assert len(keys) == 1


@pytest.mark.parametrize("name", ["", "a:b", "a*", ":"])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        key_of(name, 1)


@pytest.mark.parametrize("value", [object(), print, bytearray(b"x"), int])
def test_what_has_no_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="ignore"):
        key_of("name", value)


class DriverUuid(UUID):
    """As a driver returns UUIDs."""


def test_a_uuid_of_a_driver_is_the_uuid() -> None:
    assert key_of("a", DriverUuid(int=7)) == key_of("a", UUID(int=7))
