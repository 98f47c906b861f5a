"""Lets the processes of one server share their figures. Imports no metrics library, see below."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus_client at the moment it is imported, so it must be set before."""


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Share figures among the processes started inside, through files in a temporary folder."""
    with TemporaryDirectory(prefix="metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]
