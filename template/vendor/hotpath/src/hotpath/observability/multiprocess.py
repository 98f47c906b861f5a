"""Metrics of several processes in one folder. Must not import prometheus_client, see below."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads this variable when it is imported, so it must be set before."""


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let the processes started inside share their metrics, by files in a temporary folder."""
    with TemporaryDirectory(prefix="metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]
