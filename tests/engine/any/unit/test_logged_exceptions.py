"""What handlers of others, such as Sentry's, get of an exception that is logged."""

import logging
from collections.abc import Iterator

import pytest
from hotpath.observability.logs import get_logger

from ..log_lines import logging_as_in_production


class Handler(logging.Handler):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def handler() -> Iterator[Handler]:
    """Log as in production, with one more handler."""
    with logging_as_in_production():
        added = Handler()
        logging.getLogger().addHandler(added)
        yield added


def test_an_exception_is_one_for_other_handlers_too(handler: Handler) -> None:
    try:
        raise RuntimeError("planted")
    except RuntimeError:
        get_logger().exception("request failed")

    [record] = handler.records
    assert record.exc_info is not None
    assert record.exc_info[0] is RuntimeError
