"""Redis as a store: values, leases and tags, with the circuit before it."""

from collections.abc import Awaitable, Callable, Sequence
from secrets import token_bytes
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .circuit import Circuit
from .connections import Connections
from .messages import Message, encode
from .names import channel_name, glob_of, lease_name, tag_name, value_name
from .owed import Owed, merged
from .runs import RUN_BYTES, Runs
from .scripts import LEASE, PUT, RELEASE
from .stores import STAMP_BYTES, Lease, Sealed
from .tiers import Change
from .version import VERSION

FAILURES = (RedisError, OSError)
"""What redis-py raises when the server does not answer, or not well."""

TIER = "redis"
TAG_MS = 7 * 86_400_000
"""Milliseconds a tag is remembered after its last use; without it the answers of it are misses."""

_CHUNK = 1000
"""Names that one command is given: a few tenths of a millisecond of Redis' time."""

_CROWDED = "No connection available."
"""What redis-py says, in no class of its own, when the pool is in use: that is not Redis' fault."""

_NOBODY = ""
"""Sender of what is told late: all processes are to forget it, the one that tells too."""


class RedisStore:
    """Sealed answers in Redis. A failure is a miss, counted, and opens the circuit.

    Not so when the pool is in use: a crowd passes, and who waited in vain goes without.
    """

    tier = TIER

    def __init__(self, redis: Redis, metrics: Metrics) -> None:
        self.sender = uuid4().hex
        self._redis = redis
        self._pool = redis.connection_pool
        self.channel = channel_name(self._pool.connection_kwargs.get("db", 0))
        self.circuit = Circuit()
        self._errors = metrics.cache_errors.labels(TIER)
        self._lease = redis.register_script(LEASE)
        self._put = redis.register_script(PUT)
        self._release = redis.register_script(RELEASE)
        self._owed = Owed()
        self._runs = Runs(redis)
        self._run = b""  # until `settle` knows it

    async def get(self, key: str, tags: Sequence[str]) -> Sealed | None:
        """Return what is kept; see `Store`."""
        if not tags:
            return self._sealed(await self._try(lambda: self._read("GET", value_name(key)), None))
        command = ("MGET", value_name(key), *map(tag_name, tags))
        data, *stamps = await self._try(lambda: self._read(*command), [None])
        return self._sealed(data, stamps)

    async def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        """Take the lease of a key; see `Store`."""
        token = self._run + token_bytes(STAMP_BYTES - RUN_BYTES)
        names = [lease_name(key), *map(tag_name, tags)]
        lives = [_milliseconds(life_s), TAG_MS]
        found = await self._try(lambda: self._lease(names, [token, *lives]), None)
        if found is None:
            return Lease(key, token, (), is_held=False, is_refused=True)
        is_held, *stamps = found
        return Lease(key, token, tuple(stamps), is_held=bool(is_held))

    async def put(self, lease: Lease, data: bytes, life_s: float) -> None:
        """Keep `data` if the lease still holds; see `Store`."""
        names = [value_name(lease.key), lease_name(lease.key)]
        # Of the run of the lease, not of now: a snapshot brings back leases that a change ended.
        value = lease.token[:RUN_BYTES] + data
        arguments: list[bytes | int] = [lease.token, value, _milliseconds(life_s)]
        if await self._try(lambda: self._put(names, arguments), None):
            self.circuit.taken()

    async def release(self, lease: Lease) -> None:
        """End the lease; see `Store`."""
        names = [lease_name(lease.key)]
        await self._try(lambda: self._release(names, [lease.token]), None)

    def connections(self) -> Connections:
        """Return how full the pool is. Cost: none."""
        (idle, _), (in_use, _) = self._pool.get_connection_count()
        return Connections(self._pool.max_connections, in_use, idle)

    async def forget(self, change: Change) -> None:
        """Forget here, and tell all processes; what cannot be told now is owed."""
        await self._or_owe(change, lambda: self._tell(change, self.sender))

    async def drop(self, change: Change) -> None:
        """Forget here what another version of the service told all processes to forget."""
        await self._or_owe(change, lambda: self._drop(change))

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
        """Tell what is owed, for the last time; what cannot be told is said in the log."""
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

    async def _or_owe(self, change: Change, work: Callable[[], Awaitable[bool]]) -> None:
        is_done = False
        try:
            is_done = await self._try(work, False)
        finally:  # a caller that is cancelled has written already
            if not is_done:
                self._owed.add(change)

    async def _tell(self, change: Change, sender: str) -> bool:
        """Drop, then tell. One round trip, if there are few names and no pattern."""
        message = encode(Message(change, sender, VERSION))
        return await self._drop(change, lambda pipe: pipe.publish(self.channel, message))

    async def _drop(
        self, change: Change, then: Callable[[Pipeline], object] = lambda _: None
    ) -> bool:
        for pattern in change.patterns:
            await self._sweep(pattern)
        names = [name(key) for key in change.keys for name in (value_name, lease_name)]
        names += map(tag_name, change.tags)
        for start in range(_CHUNK, len(names), _CHUNK):
            await self._redis.unlink(*names[start : start + _CHUNK])
        async with self._redis.pipeline(transaction=False) as pipe:
            if names:
                pipe.unlink(*names[:_CHUNK])
            then(pipe)
            await pipe.execute()
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

    async def _read(self, *command: str) -> Any:
        """Send one command; the client's own way, with its retries and hooks, costs 10 µs more."""
        connection = await self._pool.get_connection()
        try:
            await connection.send_command(*command)
            return await connection.read_response()
        finally:
            await self._pool.release(connection)

    def _sealed(self, data: bytes | None, stamps: Sequence[bytes | None] = ()) -> Sealed | None:
        """Return what was kept in this run of Redis."""
        if data is None or not data.startswith(self._run):
            return None
        return Sealed(data[RUN_BYTES:], stamps)

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


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
