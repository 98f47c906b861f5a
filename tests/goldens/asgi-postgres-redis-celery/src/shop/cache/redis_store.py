"""Redis as a store: values, leases and tags, with the circuit before it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from secrets import token_bytes
from typing import Any, TypeVar
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from ..batches import LookupUnavailable
from ..batching import Batcher
from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .circuit import Circuit
from .commands import Commands
from .connections import Connections
from .messages import Message, encode
from .names import channel_name, glob_of, lease_name, tag_name, value_name
from .owed import Owed, merged
from .runs import RUN_BYTES, Runs
from .stores import STAMP_BYTES, Lease, Sealed
from .tiers import Change
from .version import VERSION

K = TypeVar("K")
V = TypeVar("V")

FAILURES = (RedisError, OSError)
"""What redis-py raises when the server does not answer, or not well."""

TIER = "redis"

_CHUNK = 1000
"""Names that one command is given: a few tenths of a millisecond of Redis' time."""

_TOGETHER = 64
"""Callers that one command serves: of the largest values these are 16 MiB."""

_MAX_WAIT_S = 5.0
"""Seconds for a command: longer than all timeouts on its way, which end it before."""

_CROWDED = "No connection available."
"""What redis-py says, in no class of its own, when the pool is in use: that is not Redis' fault."""

_NOBODY = ""
"""Sender of what is told late: all processes are to forget it, the one that tells too."""


class RedisStore:
    """Sealed answers in Redis. A failure is a miss, counted, and opens the circuit.

    Not so when the pool is in use: a crowd passes, and who waited in vain goes without. What
    callers want at the same time is one command, so it fails once for all of them.
    """

    tier = TIER

    def __init__(self, redis: Redis, metrics: Metrics) -> None:
        self.sender = uuid4().hex
        self._redis = redis
        self._pool = redis.connection_pool
        self.channel = channel_name(self._pool.connection_kwargs.get("db", 0))
        self.circuit = Circuit()
        self._errors = metrics.cache_errors.labels(TIER)
        self._commands = Commands(redis)
        self._reads = self._together(self._commands.read)
        self._leases = self._together(self._commands.lease)
        self._puts = self._together(self._commands.put)
        self._releases = self._together(self._commands.release)
        self._changes = self._together(self._tell_all)
        self._owed = Owed()
        self._runs = Runs(redis)
        self._run = b""  # until `settle` knows it

    async def get(self, key: str, tags: Sequence[str]) -> Sealed | None:
        """Return what is kept; see `Store`."""
        found = await self._share(self._reads, (value_name(key), *map(tag_name, tags)))
        # What was kept in another run of Redis may be old.
        if found is None or found[0] is None or not found[0].startswith(self._run):
            return None
        return Sealed(found[0][RUN_BYTES:], found[1:])

    async def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        """Take the lease of a key; see `Store`."""
        token = self._run + token_bytes(STAMP_BYTES - RUN_BYTES)
        names = (lease_name(key), *map(tag_name, tags))
        found = await self._share(self._leases, (names, token, _milliseconds(life_s)))
        if found is None:
            return Lease(key, token, (), is_held=False, is_refused=True)
        is_held, *stamps = found
        return Lease(key, token, tuple(stamps), is_held=bool(is_held))

    async def put(self, lease: Lease, data: bytes, life_s: float) -> None:
        """Keep `data` if the lease still holds; see `Store`."""
        names = (value_name(lease.key), lease_name(lease.key))
        # Of the run of the lease, not of now: a snapshot brings back leases that a change ended.
        value = lease.token[:RUN_BYTES] + data
        if await self._share(self._puts, (names, lease.token, value, _milliseconds(life_s))):
            self.circuit.taken()

    async def release(self, lease: Lease) -> None:
        """End the lease; see `Store`."""
        await self._share(self._releases, (lease_name(lease.key), lease.token))

    def connections(self) -> Connections:
        """Return how full the pool is. Cost: none."""
        (idle, _), (in_use, _) = self._pool.get_connection_count()
        return Connections(self._pool.max_connections, in_use, idle)

    async def forget(self, change: Change) -> None:
        """Forget here, and tell all processes; what cannot be told now is owed."""
        if change.patterns or len(change.keys) + len(change.tags) > _CHUNK // 2:  # it takes longer
            await self._or_owe(
                change, lambda: self._try(lambda: self._tell(change, self.sender), False)
            )
        else:
            await self._or_owe(change, lambda: self._share(self._changes, change))

    async def drop(self, change: Change) -> None:
        """Forget here what another version of the service told all processes to forget."""
        await self._or_owe(change, lambda: self._try(lambda: self._drop(change), False))

    @property
    def is_away(self) -> bool:
        """Whether Redis is left alone: it failed, is unknown, or was not told of a change yet."""
        return self.circuit.is_open or bool(self._owed) or not self._run

    async def settle(self) -> None:
        """Learn which run of Redis this is and tell what is owed, before anything is read again.

        Raises:
            RedisError: Redis is away again, or the pool is in use; see `is_crowd`.
        """
        await self._redis.ping()
        self._run = await self._runs.current()
        while owed := self._owed.all():
            await self._tell(merged(owed), _NOBODY)
            self._owed.paid(owed)

    async def leave(self) -> None:
        """End what is in flight and tell what is owed; what cannot be told is said in the log."""
        for each in (self._reads, self._leases, self._puts, self._releases, self._changes):
            await each.close()
        if not self._owed:
            return
        try:
            await self.settle()
        except FAILURES as error:
            lost = merged(self._owed.all())
            get_logger().error(
                "changes were never told, old answers may be given out: use `cache forget`",
                error=str(error),
                keys=len(lost.keys),
                tags=len(lost.tags),
                patterns=len(lost.patterns),
            )

    async def state(self) -> str:
        """Return "ok", or "degraded" while Redis is left alone."""
        return "degraded" if self.is_away else "ok"

    async def _or_owe(self, change: Change, work: Callable[[], Awaitable[bool | None]]) -> None:
        is_done = None
        try:
            is_done = await work()
        finally:  # a caller that is cancelled has written already
            if not is_done:
                self._owed.add(change)

    async def _tell_all(self, changes: Sequence[Change]) -> Mapping[Change, bool]:
        return dict.fromkeys(changes, await self._tell(merged(changes), self.sender))

    async def _tell(self, change: Change, sender: str) -> bool:
        """Drop, then tell. One round trip, if there are few names and no pattern."""
        message = encode(Message(change, sender, VERSION))
        return await self._drop(change, ("PUBLISH", self.channel, message))

    async def _drop(self, change: Change, *then: tuple[Any, ...]) -> bool:
        for pattern in change.patterns:
            await self._sweep(pattern)
        names = [name(key) for key in change.keys for name in (value_name, lease_name)]
        names += map(tag_name, change.tags)
        for start in range(_CHUNK, len(names), _CHUNK):
            await self._commands.send(("UNLINK", *names[start : start + _CHUNK]))
        unlink = [("UNLINK", *names[:_CHUNK])] if names else []
        await self._commands.send(*unlink, *then)
        return True

    async def _sweep(self, pattern: str) -> None:
        """Walk over all keys in small steps, so that no step holds up the others."""
        cursor = 0
        while True:
            cursor, names = await self._redis.scan(cursor, glob_of(pattern), _CHUNK)
            if names:
                await self._redis.unlink(*names)
            if not cursor:
                return

    def _together(self, work: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> Batcher[K, V]:
        """Return what does `work` for all callers of a moment; a failure is nothing for each."""

        async def load(wanted: Sequence[K]) -> Mapping[K, V]:
            done: Mapping[K, V] = await self._try(lambda: work(wanted), {})
            return done

        return Batcher(load, _unobserved, max_size=_TOGETHER, max_wait_s=_MAX_WAIT_S)

    async def _share(self, batcher: Batcher[K, V], wanted: K) -> V | None:
        """Return the caller's part; None while Redis is left alone."""
        if self.is_away:
            return None
        try:
            return await batcher.get(wanted)
        except LookupUnavailable:
            self._errors.inc()
            return None

    async def _try(self, work: Callable[[], Awaitable[Any]], otherwise: Any) -> Any:
        if self.is_away:
            return otherwise
        episode = self.circuit.episode
        try:
            return await work()
        except ResponseError as error:  # it is there, and refuses
            self._errors.inc()
            self.circuit.refused(error)
        except FAILURES as error:
            self._errors.inc()
            if not is_crowd(error):
                self.circuit.open(error, episode)
        return otherwise


def is_crowd(error: Exception) -> bool:
    """Tell whether a command failed for want of a free connection, and not of Redis."""
    return str(error) == _CROWDED


def _unobserved(_: Sequence[float]) -> None:
    """Take the waits of a batch: the figures of the tier say enough."""


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
