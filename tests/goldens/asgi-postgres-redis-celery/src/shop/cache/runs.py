"""Which life of a Redis a value was written in: what a snapshot or a failover brings back is old.

Each start of a server has an id of its own. Values begin with a digest of it.
"""

from hashlib import blake2b

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ..observability.logs import get_logger

RUN_BYTES = 8


class Runs:
    """Asks a server for its life, and says once if there is no answer to be had."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._is_said = False

    async def current(self) -> bytes:
        """Return the digest of this life; always the same one where the server does not tell.

        Raises:
            RedisError: the server is away.
        """
        try:
            found = await self._redis.info("server")
            return digest(found["run_id"])
        except (ResponseError, KeyError) as error:
            if not self._is_said:
                self._is_said = True
                get_logger().warning(
                    "Redis tells no run_id: a restart from a snapshot would bring old answers back",
                    error=str(error),
                )
            return digest("")


def digest(run_id: str) -> bytes:
    """Return what the values of a life begin with."""
    return blake2b(run_id.encode(), digest_size=RUN_BYTES).digest()
