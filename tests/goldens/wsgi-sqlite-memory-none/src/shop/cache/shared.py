"""No tier that the processes share."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..observability.metrics import Metrics
from .held import Table
from .settings import CacheSettings
from .stores import Store


@contextmanager
def open_shared(
    settings: CacheSettings, metrics: Metrics, table: Table
) -> Iterator[tuple[Store, ...]]:
    """Open nothing."""
    yield ()
