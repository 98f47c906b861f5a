"""A service with tasks of tests, its broker, and what enqueues them from a test."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from hotpath.aio.tasks.celery import CeleryBackend, open_backend
from hotpath.aio.tasks.runner import TaskRunner
from hotpath.aio.tasks.tasks import Tasks
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from package_name.resources import Resources

from .planted_tasks import DECLARED
from .profiles import TESTS, planted
from .shop import SERVICE


@contextmanager
def planted_place(workspace: Workspace, folder: Path, **settings: object) -> Iterator[Workspace]:
    """Make a copy of the service with the tasks, and a broker of its own."""
    with temporary_service(Valkey(SERVICE)) as broker:
        place = planted(workspace, folder)
        feature = folder / "src" / SERVICE.package / "planted"
        shutil.copy(TESTS / "planted_tasks.py", feature / "tasks.py")
        yield place.with_settings(TASKS__BROKER_URL=broker.url, **settings)


@asynccontextmanager
async def tasks_of(
    place: Workspace, resources: Resources
) -> AsyncIterator[tuple[Tasks, CeleryBackend]]:
    """Open what enqueues the tasks, and what hands them to the broker."""
    settings = place.settings()
    runner = TaskRunner(resources.db, DECLARED, settings.tasks, resources.metrics)
    async with open_backend(settings, runner) as backend:
        tasks = Tasks(settings.tasks, resources.metrics, runner, backend)
        async with tasks.running(resources):
            yield tasks, backend
