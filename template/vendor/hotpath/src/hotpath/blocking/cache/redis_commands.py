# Generated from hotpath/aio/cache/redis_commands.py by extensions/blocking.py; do not edit.
"""Commands to Redis, each for many keys, so that concurrent callers share a round trip.

Sent directly, they use `send_packed_command` and `read_response` of redis-py's connections, which
are not public. Pinned to redis 8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from time import perf_counter
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.exceptions import NoScriptError, ResponseError

from hotpath.cache.redis_protocol import LEASE, PUT, RELEASE
from hotpath.http.rate_limit import Window
from hotpath.observability.logs import get_logger
from hotpath.observability.tracing import current_trace
from hotpath.settings.rate_limit import Limit

_SYSTEM = "redis"
"""Its name in traces."""

Names = tuple[str, ...]
"""Of a key, such as that of its value or its lease, and of its tags."""

LeaseRequest = tuple[Names, bytes, int]
"""The names of a lease and its tags, its token, its milliseconds."""

PutRequest = tuple[Names, bytes, bytes, int]
"""The names of a value and its lease, the token, the value, its milliseconds."""


@dataclass(frozen=True, eq=False, slots=True)
class HitRequest:
    """A request to count, none like another."""

    names: tuple[str, str]
    """Of the window before and of this one."""

    limit: Limit


TAG_MS = 7 * 86_400_000
"""Milliseconds a tag lives after its last use; without it values that have it are misses."""


class Commands:
    """Sends commands; raises what redis-py raises when the server fails."""

    def __init__(self, redis: Redis, *, is_direct: bool = True) -> None:
        self._redis = redis
        self._pool = redis.connection_pool
        self._is_direct = is_direct
        self._sha_by_script: dict[Any, str] = {
            script: redis.register_script(script).sha for script in (LEASE, PUT, RELEASE)
        }

    def read(self, wanted: Sequence[Names]) -> Mapping[Names, list[bytes | None]]:
        """Return the values of the names, read atomically."""
        names = tuple(dict.fromkeys(chain.from_iterable(wanted)))
        [found] = self.send(("MGET", *names))
        data_by_name = dict(zip(names, found, strict=True))
        return {each: [data_by_name[name] for name in each] for each in wanted}

    def lease(self, requests: Sequence[LeaseRequest]) -> Mapping[LeaseRequest, list[Any]]:
        """Take leases that are free; return for each whether it was taken, and the tags' stamps."""
        names = chain.from_iterable(names for names, _, _ in requests)
        values = chain.from_iterable((token, ms, len(names)) for names, token, ms in requests)
        return dict(zip(requests, self._run(LEASE, [*names], TAG_MS, *values), strict=True))

    def put(self, requests: Sequence[PutRequest]) -> Mapping[PutRequest, bool]:
        """Store values whose leases still hold, and end these; return for each whether it was."""
        names = chain.from_iterable(names for names, *_ in requests)
        values = chain.from_iterable((token, value, ms) for _, token, value, ms in requests)
        stored = self._run(PUT, [*names], *values)
        return {each: bool(is_stored) for each, is_stored in zip(requests, stored, strict=True)}

    def release(self, leases: Sequence[tuple[str, bytes]]) -> Mapping[tuple[str, bytes], bool]:
        """End leases, by name and token, that still hold."""
        self._run(RELEASE, [name for name, _ in leases], *(token for _, token in leases))
        return dict.fromkeys(leases, True)

    def hit(self, requests: Sequence[HitRequest]) -> Mapping[HitRequest, Window]:
        """Count requests that their limits allow, each atomically, by the scripts of `limits`."""
        from limits.storage import RedisStorage  # noqa: PLC0415 - most services have no limit

        acquire = RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW
        calls: list[tuple[Any, ...]] = []
        for each in requests:
            _, quota, window_s = each.limit
            calls.append((acquire, 2, *each.names, quota, window_s, 1))
            calls.append((RedisStorage.SCRIPT_SLIDING_WINDOW, 2, *each.names, window_s))
        found = self._run_all(calls)
        return {
            each: _window(each.limit, found[2 * i], found[2 * i + 1])
            for i, each in enumerate(requests)
        }

    def send(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Send commands together; by the client's own pipeline, with its hooks, in 10 µs more."""
        trace = current_trace()
        if trace is None:
            return self._send(commands)
        started, failure = perf_counter(), None
        try:
            return self._send(commands)
        except BaseException as error:
            failure = error
            raise
        finally:
            name = " ".join(dict.fromkeys(command[0] for command in commands))
            trace.add_command(_SYSTEM, name, perf_counter() - started, failure)

    def _send(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        if not self._is_direct:
            return self._send_by_pipeline(commands)
        connection = self._pool.get_connection()
        try:
            connection.send_packed_command([b"".join(map(pack_command, commands))])
            # All replies, or the next user of the connection would read those left.
            replies = [_reply(connection) for _ in commands]
        finally:
            self._pool.release(connection)
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
        return replies

    def _send_by_pipeline(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            replies: list[Any] = pipeline.execute()
            return replies

    def _run(self, script: str, names: Sequence[str], *values: Any) -> Any:
        [found] = self._run_all([(script, len(names), *names, *values)])
        return found

    def _run_all(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Run scripts together; each call is a script, the number of its keys, and these."""
        try:
            return self.send(*(("EVALSHA", self._sha(each[0]), *each[1:]) for each in calls))
        except NoScriptError:  # the server was started anew
            return self.send(*(("EVAL", *each) for each in calls))

    def _sha(self, script: Any) -> str:
        sha = self._sha_by_script.get(script)
        if sha is None:
            sha = self._sha_by_script[script] = self._redis.register_script(script).sha
        return sha


def _window(limit: Limit, is_allowed: Any, found: Sequence[Any]) -> Window:
    previous, _, current, ms = found
    left_s = max(0.0, (ms or 0) / 1000 - limit.window_s)
    return Window(bool(is_allowed), int(previous or 0), int(current or 0), left_s)


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


GENERATION_BYTES = 8


class Generations:
    """Reads which generation a server is: each start has an id, `run_id`.

    Values begin with a digest of it: what a snapshot or a failover brings back is old.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._is_logged = False

    def current(self) -> bytes:
        """Return the digest of this generation; always the same one where the server has no id.

        Raises:
            RedisError: the server is unavailable.
        """
        try:
            found = self._redis.info("server")
            return digest(found["run_id"])
        except (ResponseError, KeyError) as error:
            if not self._is_logged:
                self._is_logged = True
                get_logger().warning(
                    "Redis has no run_id: a restart from a snapshot would bring old values back",
                    error=str(error),
                )
            return digest("")


def digest(run_id: str) -> bytes:
    """Return what the values of a generation begin with."""
    return blake2b(run_id.encode(), digest_size=GENERATION_BYTES).digest()
