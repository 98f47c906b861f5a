"""Turns single look-ups made at the same time into one. Knows no database; `db/lookups.py` does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from typing import Generic, TypeVar

from .batches import Batch, LookupUnavailable, Observer

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]]
"""Finds the values of different keys; an exception as a value fails its key alone."""

_Found = Mapping[K, V | Exception]


class _Batch(Batch[K, V]):
    """Each caller waits for a future of its own, so that none cancels another's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self.is_sent = False
        self.deadline: asyncio.TimerHandle | None = None
        self._ends: list[asyncio.Future[None]] = []
        # The first caller's: log lines of the batch carry the id of a request that it serves.
        self.context = copy_context()

    def waiter(self) -> asyncio.Future[None]:
        end: asyncio.Future[None] = self._loop.create_future()
        self._ends.append(end)
        return end

    def end(self, found: _Found[K, V] | Exception) -> None:
        """Tell the callers what was found; after the deadline nobody is left to be told."""
        if self.found is not None:
            return
        self.found = found
        if self.deadline is not None:
            self.deadline.cancel()
        for end in self._ends:
            if not end.done():
                end.set_result(None)


class Batcher(Generic[K, V]):
    """Look-ups of one kind, on one event loop.

    Without a timer: when none is in flight a key leaves at the end of this turn of the loop, with
    the others that came in it. What comes while one is in flight gathers, and leaves when that
    ends. A full batch leaves at once. A caller never joins a batch that has left: it would get what
    was there before its own last write.
    """

    def __init__(
        self, load: Load[K, V], observe: Observer, *, max_size: int, max_wait_s: float
    ) -> None:
        self._load = load
        self._observe = observe
        self._max_size = max_size
        self._max_wait_s = max_wait_s
        self._gathering: _Batch[K, V] | None = None
        self._in_flight: dict[_Batch[K, V], asyncio.Task[None]] = {}
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Callers whose batch has not left."""
        return 0 if self._gathering is None else self._gathering.callers

    async def get(self, key: K) -> V | None:
        """Return what there is for `key`; None if there is nothing.

        Raises:
            LookupUnavailable: no answer in `max_wait_s`, or the batcher is closed.
            Exception: what `load` failed with, an object of this caller's own.
        Cost: a share of one `load`.
        """
        if self._is_closed:
            raise LookupUnavailable("the service stops")
        batch = self._new_batch() if self._gathering is None else self._gathering
        batch.join(key)
        is_full = len(batch) >= self._max_size
        if is_full:
            self._gathering = None
        if not batch.is_sent and (is_full or not self._in_flight):
            self._send(batch)
        try:
            await batch.waiter()
        except asyncio.CancelledError:
            self._give_up(batch, key)
            raise
        return batch.outcome(key)

    async def close(self) -> None:
        """Wait for what is in flight; whoever still gathers gets an error."""
        self._is_closed = True
        batch = self._gathering
        if batch is not None and not batch.is_sent:
            self._gathering = None
            batch.end(LookupUnavailable("the service stops"))
        if self._in_flight:
            await asyncio.wait(self._in_flight.values())

    def _new_batch(self) -> _Batch[K, V]:
        loop = asyncio.get_running_loop()
        batch = self._gathering = _Batch(loop)
        batch.deadline = loop.call_later(self._max_wait_s, self._expire, batch)
        return batch

    def _give_up(self, batch: _Batch[K, V], key: K) -> None:
        batch.leave(key)
        if batch is self._gathering and not batch.callers and not batch.is_sent:
            self._gathering = None
            batch.end({})

    def _expire(self, batch: _Batch[K, V]) -> None:
        if self._gathering is batch:
            self._gathering = None
        batch.end(LookupUnavailable(f"no answer in {self._max_wait_s} s"))

    def _send(self, batch: _Batch[K, V]) -> None:
        """Let a batch leave at the end of this turn of the loop; until then others may join."""
        batch.is_sent = True
        loop = asyncio.get_running_loop()
        # It is kept here: a loop holds its tasks weakly.
        self._in_flight[batch] = loop.create_task(self._run(batch), context=batch.context)

    async def _run(self, batch: _Batch[K, V]) -> None:
        """Look up a batch and end it at once: callbacks of tasks come a turn of the loop later."""
        found: _Found[K, V] | Exception = LookupUnavailable("the service stops")
        try:
            found = await self._look_up(batch)
        except Exception as error:
            found = error
        finally:
            del self._in_flight[batch]
            batch.end(found)
            if self._gathering is not None and not self._gathering.is_sent:
                self._send(self._gathering)

    async def _look_up(self, batch: _Batch[K, V]) -> _Found[K, V]:
        if self._gathering is batch:
            self._gathering = None
        keys, waits_s = batch.depart()
        if not keys:  # all callers went away
            return {}
        self._observe(waits_s)
        return await self._load(keys)
