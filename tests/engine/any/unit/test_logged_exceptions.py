"""What handlers of others, such as Sentry's, get of an exception that is logged."""

import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO

import pytest
from hotpath.observability.logs import configure_logs, get_logger
from hotpath.settings import ObservabilitySettings


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
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with redirect_stderr(StringIO()):
        configure_logs(ObservabilitySettings(), is_json=True)
        added = Handler()
        root.addHandler(added)
        yield added
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_an_exception_is_one_for_other_handlers_too(handler: Handler) -> None:
    try:
        raise RuntimeError("planted")
    except RuntimeError:
        get_logger().exception("request failed")

    [record] = handler.records
    assert record.exc_info is not None
    assert record.exc_info[0] is RuntimeError
