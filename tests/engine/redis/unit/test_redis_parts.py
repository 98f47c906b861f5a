"""What the engine uses of redis-py that it does not promise is still there."""

from redis.asyncio.connection import AbstractConnection

PARTS = ("send_packed_command", "read_response")


def test_redis_py_has_what_our_commands_need() -> None:
    missing = ", ".join(part for part in PARTS if not hasattr(AbstractConnection, part))

    where = "see cache/redis_commands.py"
    assert not missing, f"redis-py's connection has no {missing} any more: {where}"
