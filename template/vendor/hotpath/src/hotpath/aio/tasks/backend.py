"""What runs tasks, as the rest sees it: Celery's workers, or this process."""

from collections.abc import Sequence
from typing import Any, Protocol

from hotpath.tasks.model import Message
from hotpath.tasks.task import Task


class Backend(Protocol):
    """Who runs tasks: Celery's workers, or this process."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Hand tasks over.

        Raises:
            QueueUnavailable: none of them can be taken now.
        """
        ...

    def room(self) -> int:
        """Return how many more can be handed over now."""
        ...

    async def beat(self) -> None:
        """Do what has to be done every second."""
        ...

    def queue_of(self, task: Task[Any]) -> str:
        """Return where a task waits that was handed over."""
        ...

    async def waiting(self, queue: str) -> int | None:
        """Return how many were handed over and are not started; None if that cannot be told."""
        ...

    async def admit(self) -> None:
        """Return once a task may be enqueued.

        Raises:
            QueueUnavailable: it may not.
        """
        ...

    async def state(self) -> str:
        """Return "ok", or "degraded" while tasks wait for what is away."""
        ...

    async def workers(self) -> int | None:
        """Return how many processes take tasks; None if that cannot be told."""
        ...

    async def drain(self) -> None:
        """Let tasks that run end, for some time, when the process stops."""
        ...
