"""Cursors: only what this service gave out for this list is taken back."""

import string
from datetime import UTC, datetime

import pytest
from hotpath.db.keyset import Cursors, InvalidCursor, from_micros, to_micros
from hypothesis import assume, given
from hypothesis import strategies as st

CURSORS = Cursors("a key", "users")
KEYS = st.lists(st.integers(min_value=-(2**63), max_value=2**63 - 1), min_size=1, max_size=3)
IDS = st.integers(min_value=0, max_value=2**63 - 1)
CHARACTERS = string.printable + "é\0"
TEXTS = st.text(CHARACTERS, max_size=30)


@given(KEYS)
def test_a_cursor_leads_back_to_its_keys(keys: list[int]) -> None:
    assert CURSORS.decode(CURSORS.encode(*keys)) == tuple(keys)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_can_be_a_key(moment: datetime) -> None:
    [key] = CURSORS.decode(CURSORS.encode(to_micros(moment)))

    assert from_micros(key) == moment


@given(IDS)
def test_a_cursor_needs_no_escapes_in_a_url(last_id: int) -> None:
    assert set(CURSORS.encode(last_id)) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("last_id", [0, 1, 2**63 - 1])
def test_any_changed_character_is_refused(last_id: int) -> None:
    cursor = CURSORS.encode(last_id)
    places = range(len(cursor))

    for changed in {cursor[:i] + new + cursor[i + 1 :] for i in places for new in CHARACTERS}:
        if changed != cursor:
            with pytest.raises(InvalidCursor):
                CURSORS.decode(changed)


@given(IDS, TEXTS, TEXTS)
def test_an_added_character_is_refused(last_id: int, before: str, after: str) -> None:
    assume(before or after)

    with pytest.raises(InvalidCursor):
        CURSORS.decode(before + CURSORS.encode(last_id) + after)


@given(TEXTS)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode(text)


@pytest.mark.parametrize(
    "other",
    [
        Cursors("another key", "users"),
        Cursors("a key", "posts:1"),
        CURSORS.ordered_by("name"),
        CURSORS.ordered_by("name").ordered_by("name"),
    ],
)
@given(last_id=IDS)
def test_a_cursor_of_another_key_list_or_order_is_refused(other: Cursors, last_id: int) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.decode(other.encode(last_id))


@given(st.integers(min_value=1, max_value=2**63 - 2))
def test_lists_of_different_owners_have_different_cursors(owner: int) -> None:
    first, second = (Cursors("a key", f"posts:{number}") for number in (owner, owner + 1))

    assert first.encode(7) != second.encode(7)
