"""Batches single lookups that are made at the same time; `db/loaders.py` uses it for queries."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from typing import Generic, TypeVar

from hotpath.batch import Batch, BatchUnavailable, Observer

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]]
"""Loads the values of different keys; an exception as a value fails its key alone."""

_UNWANTED_S = 1.0
"""Seconds after which a batch is cancelled that no caller waits for any more. Not at once: that
costs a connection, and most batches end sooner."""

_Found = Mapping[K, V | Exception]


class _Batch(Batch[K, V]):
    """Each caller waits for a future of its own, so that none cancels another's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self.is_dispatched = self.is_loading = False
        self.deadline: asyncio.TimerHandle | None = None
        self._futures: list[asyncio.Future[None]] = []
        # The first caller's: log lines of the batch carry the id of a request that it serves.
        self.context = copy_context()

    def future(self) -> asyncio.Future[None]:
        end: asyncio.Future[None] = self._loop.create_future()
        self._futures.append(end)
        return end

    def end(self, found: _Found[K, V] | Exception) -> None:
        """Complete the futures of all callers, unless the deadline did."""
        if self.found is not None:
            return
        self.found = found
        if self.deadline is not None:
            self.deadline.cancel()
        for end in self._futures:
            if not end.done():
                end.set_result(None)


class DataLoader(Generic[K, V]):
    """Loads keys of one kind in batches, on one event loop.

    There is no timer. While no batch is in flight, a key is dispatched at the end of this iteration
    of the loop, with the others of that iteration. Keys that arrive while one is in flight are
    dispatched together when it completes. A full batch is dispatched at once. A caller is never
    added to a batch in flight: it would get a value from before its own last write.
    """

    def __init__(
        self, load: Load[K, V], observe: Observer, *, max_size: int, max_wait_s: float
    ) -> None:
        self._load = load
        self._observe = observe
        self._max_size = max_size
        self._max_wait_s = max_wait_s
        self._open_batch: _Batch[K, V] | None = None
        self._in_flight: dict[_Batch[K, V], asyncio.Task[None]] = {}
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Callers whose batch is not dispatched yet."""
        return 0 if self._open_batch is None else self._open_batch.callers

    async def get(self, key: K) -> V | None:
        """Return the value of `key`; None if there is none.

        Raises:
            BatchUnavailable: no answer in `max_wait_s`, or the loader is closed.
            Exception: what `load` failed with, an object of this caller's own.
        Cost: a share of one `load`.
        """
        if self._is_closed:
            raise BatchUnavailable("the service is stopping")
        batch = self._new_batch() if self._open_batch is None else self._open_batch
        batch.enqueue(key)
        is_full = len(batch) >= self._max_size
        if is_full:
            self._open_batch = None
        if not batch.is_dispatched and (is_full or not self._in_flight):
            self._dispatch(batch)
        try:
            await batch.future()
        except asyncio.CancelledError:
            self._cancel(batch, key)
            raise
        return batch.result(key)

    async def close(self) -> None:
        """Wait for batches in flight; callers of those not dispatched get an error."""
        self._is_closed = True
        batch = self._open_batch
        if batch is not None and not batch.is_dispatched:
            self._open_batch = None
            batch.end(BatchUnavailable("the service is stopping"))
        if self._in_flight:
            await asyncio.wait(self._in_flight.values())

    def _new_batch(self) -> _Batch[K, V]:
        loop = asyncio.get_running_loop()
        batch = self._open_batch = _Batch(loop)
        batch.deadline = loop.call_later(self._max_wait_s, self._expire, batch)
        return batch

    def _cancel(self, batch: _Batch[K, V], key: K) -> None:
        batch.remove(key)
        if batch.callers:
            return
        if batch is self._open_batch and not batch.is_dispatched:
            self._open_batch = None
            batch.end({})
        elif batch.is_loading:
            task = self._in_flight[batch]
            asyncio.get_running_loop().call_later(_UNWANTED_S, task.cancel)

    def _expire(self, batch: _Batch[K, V]) -> None:
        if self._open_batch is batch:
            self._open_batch = None
        batch.end(BatchUnavailable(f"no answer in {self._max_wait_s} s"))

    def _dispatch(self, batch: _Batch[K, V]) -> None:
        """Dispatch a batch at the end of this iteration of the loop; until then it grows."""
        batch.is_dispatched = True
        loop = asyncio.get_running_loop()
        # It is kept here: a loop holds its tasks weakly.
        self._in_flight[batch] = loop.create_task(self._run(batch), context=batch.context)

    async def _run(self, batch: _Batch[K, V]) -> None:
        """Load a batch and complete it at once: callbacks of tasks come an iteration later."""
        found: _Found[K, V] | Exception = BatchUnavailable("the service is stopping")
        try:
            found = await self._load_batch(batch)
        except Exception as error:
            found = error
        finally:
            del self._in_flight[batch]
            batch.is_loading = False
            batch.end(found)
            if self._open_batch is not None and not self._open_batch.is_dispatched:
                self._dispatch(self._open_batch)

    async def _load_batch(self, batch: _Batch[K, V]) -> _Found[K, V]:
        if self._open_batch is batch:
            self._open_batch = None
        keys, waits_s = batch.dispatch()
        if not keys:  # all callers were cancelled
            return {}
        self._observe(waits_s)
        batch.is_loading = True
        return await self._load(keys)
