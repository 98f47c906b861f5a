"""Hears of changes in other processes, and of Redis being there or not."""

from collections.abc import Mapping
from contextlib import aclosing
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from ..concurrency import Signal
from ..observability.logs import get_logger
from .held import Table
from .messages import decode, tail
from .redis_store import RedisStore, is_crowd
from .settings import CacheSettings
from .version import VERSION


class Listener:
    """Keeps the table of this process right: it trusts the table only while it is being told."""

    def __init__(
        self, redis: Redis, store: RedisStore, table: Table, settings: CacheSettings
    ) -> None:
        self._redis = redis
        self._store = store
        self._circuit = store.circuit
        self._table = table
        self._settings = settings
        self._stopped = Signal()
        self._is_stopped = False
        self._is_told = False
        self._ours = tail(store.sender, VERSION)
        self._pubsub: PubSub | None = None
        self.tried = Signal()
        """Set once the first attempt has ended, well or not."""

    async def run(self) -> None:
        """Listen until stopped; try again for as long as that fails."""
        while not self._is_stopped:
            try:
                async with aclosing(self._redis.pubsub()) as self._pubsub:
                    await self._follow(self._pubsub)
            except Exception as error:  # whatever it was: nobody else listens
                self._lost(error)
            self.tried.set()
            await self._stopped.wait(self._settings.heartbeat_s)

    async def stop(self) -> None:
        """Let `run` end soon."""
        self._is_stopped = True
        self._stopped.set()
        connection = self._pubsub and self._pubsub.connection
        if connection:
            await connection.disconnect()

    def _lost(self, error: Exception) -> None:
        if self._is_stopped:
            return
        self._circuit.open(error, self._circuit.episode)
        if self._is_told:
            self._is_told = False
            self._table.start_over(self._settings.blind_ttl_s)

    async def _follow(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(self._store.channel)
        await self._expect(pubsub, "subscribe")
        self._is_told = True
        self._table.start_over(self._settings.near_ttl_s)
        while not self._is_stopped:
            await self._recover()
            self.tried.set()
            await self._hear_until(pubsub, monotonic() + self._settings.heartbeat_s)
            await pubsub.ping()
            await self._expect(pubsub, "pong")

    async def _recover(self) -> None:
        """Close the circuit, if the other connections work again and are not all in use."""
        while self._store.is_away:
            try:
                await self._store.settle()
            except RedisError as error:
                if is_crowd(error):
                    return
                raise
            self._circuit.close()

    async def _hear_until(self, pubsub: PubSub, moment: float) -> None:
        while not self._is_stopped and (left_s := moment - monotonic()) > 0:
            await self._take(await pubsub.get_message(timeout=left_s))

    async def _expect(self, pubsub: PubSub, kind: str) -> None:
        """Take messages until one of `kind` comes.

        Raises:
            TimeoutError: it does not, for `timeout_s`.
        """
        deadline = monotonic() + self._settings.timeout_s
        while (left_s := deadline - monotonic()) > 0:
            message = await pubsub.get_message(timeout=left_s)
            await self._take(message)
            if message is not None and message["type"] == kind:
                return
        raise RedisTimeout(f"no {kind} in {self._settings.timeout_s} s")

    async def _take(self, heard: Mapping[str, Any] | None) -> None:
        if heard is None or heard["type"] != "message" or heard["data"].endswith(self._ours):
            return
        try:
            message = decode(heard["data"])
        except ValueError:  # of a version to come, or of somebody else: anything may have changed
            get_logger().warning("a message about the cache was not understood")
            self._table.start_over(self._settings.near_ttl_s)
            return
        if message.version != VERSION:
            await self._store.drop(message.change)
        if message.sender != self._store.sender:
            self._table.forget(message.change)
