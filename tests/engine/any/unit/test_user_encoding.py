"""A row becomes the JSON that its schema says, byte for byte, without a model of it."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hotpath.db.encoding import encode_page
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from package_name.users.schemas import Status, UserOut, UserPage
from package_name.users.service import users

IDS = st.integers(min_value=1, max_value=2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
STATUSES = st.sampled_from(get_args(Status))
MOMENTS = st.datetimes(timezones=st.just(UTC))

CURSORS = st.none() | st.text("abc-_", min_size=1)
TOTALS = st.none() | st.integers(min_value=0, max_value=2**63 - 1)
ENCODER = users.encoder
ROW = (1, "a@b.c", "A", "active", "2026-01-01 00:00:00")


def assert_same(user_id: int, email: str, name: str, status: str, created_at: datetime) -> None:
    """Compare both ways."""
    columns = {"id": user_id, "email": email, "name": name, "status": status}
    model = UserOut.model_validate({**columns, "created_at": created_at})
    row = (user_id, email, name, status, created_at.replace(tzinfo=None).isoformat(" "))
    assert ENCODER.encode(row) == model.model_dump_json().encode()


@given(IDS, TEXTS, TEXTS, STATUSES, MOMENTS)
def test_any_user_is_written_alike(
    user_id: int, email: str, name: str, status: str, created_at: datetime
) -> None:
    assert_same(user_id, email, name, status, created_at)


@pytest.mark.parametrize("microsecond", [0, 1, 100, 120_000, 123_456, 999_999])
@pytest.mark.parametrize("year", [1, 1969, 2026, 9999])
def test_any_moment_is_written_alike(year: int, microsecond: int) -> None:
    assert_same(1, "a@b.c", "A", "active", datetime(year, 12, 31, 0, 0, 0, microsecond, UTC))


@pytest.mark.parametrize("name", [chr(code) for code in (*range(32), 0x7F, 0x2028, 0x1F600)])
def test_any_character_is_written_alike(name: str) -> None:
    assert_same(1, f'"{name}\\', name, "active", datetime(2026, 1, 1, tzinfo=UTC))


@given(st.lists(st.tuples(IDS, TEXTS, TEXTS, STATUSES, MOMENTS), max_size=3), CURSORS, TOTALS)
def test_any_page_is_written_alike(
    rows: list[tuple[Any, ...]], cursor: str | None, total: int | None
) -> None:
    found = [(*row[:-1], row[-1].replace(tzinfo=None).isoformat(" ")) for row in rows]
    records = ENCODER.records(found)
    items = [dict(zip(UserOut.model_fields, row, strict=True)) for row in rows]
    page = UserPage.model_validate({"items": items, "next_cursor": cursor, "total": total})

    assert encode_page(records, cursor, total=total) == page.model_dump_json().encode()
    assert records == [ENCODER.record(row) for row in found]
    alone = [ENCODER.encode(row) for row in found]
    assert ENCODER.encode_each(found) == ENCODER.encode_all(found) == alone


@pytest.mark.parametrize(
    ("position", "wrong"),
    [(1, None), (1, 5), (2, None), (3, "gone"), (3, None), (4, None), (4, "then")],
)
def test_a_row_that_is_no_user_is_refused_alone(position: int, wrong: object) -> None:
    row = [*ROW]
    row[position] = wrong

    first, wrong_one, last = ENCODER.encode_each([ROW, row, ROW])
    assert isinstance(wrong_one, ValidationError)
    assert first == last == ENCODER.encode(ROW)
    with pytest.raises(ValidationError):
        ENCODER.record(row)
    with pytest.raises(ValidationError):
        ENCODER.records([ROW, row, ROW])
    assert ENCODER.records([ROW, ROW]) == [ENCODER.record(ROW)] * 2
