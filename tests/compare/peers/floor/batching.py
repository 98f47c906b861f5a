"""Look-ups that leave together: two batches in flight, what arrives meanwhile is the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

IN_FLIGHT = 2

Load = Callable[[Iterable[int]], Awaitable[dict[int, bytes]]]


class Lookups:
    """Loads users by id, many with one query; without a timer."""

    def __init__(self, load_many: Load) -> None:
        self._load_many = load_many
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    def load(self, user_id: int) -> asyncio.Future[bytes]:
        """Return the body of a user."""
        future = self._waiting.get(user_id)
        if future is None:
            loop = asyncio.get_running_loop()
            future = self._waiting[user_id] = loop.create_future()
            if len(self._workers) < IN_FLIGHT:
                worker = loop.create_task(self._work())
                self._workers.add(worker)
                worker.add_done_callback(self._workers.discard)
        return future

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            bodies = await self._load_many(batch)
            for user_id, future in batch.items():
                future.set_result(bodies[user_id])
