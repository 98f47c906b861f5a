"""Requests that take too long: the client gets 504, and what handles the request is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf


class Deadline:
    """Limits the time until a request has the start of its response.

    Used as a context manager around what handles the request, in its task. The client does not wait
    for the end of what is cancelled: a connection to a database that is silent takes time to close.
    """

    def __init__(self, seconds: float, respond: Callable[[], Awaitable[None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._respond = respond
        self._timer: asyncio.TimerHandle | None = None
        self._responding: asyncio.Task[None] | None = None
        self.is_expired = False

    def __enter__(self) -> "Deadline":
        self._task = asyncio.current_task(self._loop)
        return self

    def start(self) -> None:
        """Start to count."""
        if self._timer is None and self._seconds < inf:
            self._timer = self._loop.call_later(self._seconds, self._expire)

    def hold(self) -> None:
        """Stop to count until the next `start`: the rest of the request is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Stop to count for good: the response has started."""
        self._seconds = inf
        if self._timer is not None:
            self._timer.cancel()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Stop to count; what was cancelled for being late ends here."""
        self.stop()
        if not self.is_expired or not isinstance(error, asyncio.CancelledError):
            return False
        return self._task is None or self._task.uncancel() == 0

    def _expire(self) -> None:
        self.is_expired = True
        self._responding = asyncio.ensure_future(self._send())
        if self._task is not None:
            self._task.cancel()

    async def _send(self) -> None:
        await self._respond()
