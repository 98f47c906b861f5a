"""Who runs the tasks: a worker process."""

from collections.abc import Iterator
from contextlib import contextmanager

from .workspace import Workspace


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Run a worker until the end of the block; it takes tasks once it is up."""
    with workspace.start("worker", "--processes", "1") as worker:
        yield
        assert worker.process.poll() is None, "the worker ended before its time"
