"""Times are UTC, whatever a driver makes of them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hotpath.db.models import UtcDateTime
from sqlalchemy.engine.default import DefaultDialect

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=2))


@pytest.mark.parametrize("value", [NOON, NOON.replace(tzinfo=None), NOON.astimezone(ELSEWHERE)])
def test_a_time_is_read_as_utc(value: datetime) -> None:
    read = UtcDateTime().process_result_value(value, DefaultDialect())

    assert read is not None
    assert (read, read.tzinfo) == (NOON, UTC)
