"""What is in Redis: names of keys, scripts in Lua, and messages of invalidations."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from hotpath.cache.entries import Invalidation
from hotpath.cache.keys import CacheNamespace


class RedisKeys:
    """Names of keys in Redis: `<service>:<kind>:<version>:<key>`.

    Versions of the service do not read each other's values: what they load may mean different things.
    """

    def __init__(self, namespace: CacheNamespace) -> None:
        service, version = namespace.service, namespace.version
        self._value = f"{service}:value:{version}:"
        self._lease = f"{service}:lease:{version}:"
        self._tag = f"{service}:tag:{version}:"
        self._values_and_leases = f"{service}:[vl]*e:{version}:"
        self._service = service

    def value(self, key: str) -> str:
        """Return where the value of a key is."""
        return self._value + key

    def lease(self, key: str) -> str:
        """Return where the lease of a key is."""
        return self._lease + key

    def tag(self, tag: str) -> str:
        """Return where the stamp of a tag is."""
        return self._tag + tag

    def glob(self, pattern: str) -> str:
        """Return the pattern for SCAN of the values and leases of the keys that match."""
        escaped = "".join(f"\\{each}" if each in r"\?[]^-" else each for each in pattern)
        return self._values_and_leases + escaped

    def channel(self, database: int) -> str:
        """Return where invalidations are published: one for all versions, not for all databases."""
        return f"{self._service}:invalidations:{database}"


LEASE = """
local answers, at = {}, 0
for i = 1, (#ARGV - 1) / 3 do
    local token, life = ARGV[3 * i - 1], ARGV[3 * i]
    local names = tonumber(ARGV[3 * i + 1])
    local lease, found = KEYS[at + 1], {0}
    for j = 2, names do
        local tag = KEYS[at + j]
        local stamp = redis.pcall('get', tag)
        if type(stamp) == 'string' and #stamp == #token then
            redis.call('pexpire', tag, ARGV[1])
        else
            stamp = token
            redis.call('set', tag, stamp, 'PX', ARGV[1])
        end
        found[j] = stamp
    end
    local held = redis.call('set', lease, token, 'NX', 'PX', life)
    if not held and redis.call('pttl', lease) == -1 then
        held = redis.call('set', lease, token, 'PX', life)
    end
    if held then found[1] = 1 end
    answers[i], at = found, at + names
end
return answers
"""
"""KEYS: of each lease itself and its tags…; ARGV: ms of a tag; of each its token, ms, names.

Returns of each: whether the lease was taken; stamps. A value that is no stamp is replaced, and a lease
without an expiry is free.
"""

PUT = """
local kept = {}
for i = 1, #KEYS / 2 do
    local value, lease = KEYS[2 * i - 1], KEYS[2 * i]
    kept[i] = 0
    if redis.pcall('get', lease) == ARGV[3 * i - 2] then
        redis.call('set', value, ARGV[3 * i - 1], 'PX', ARGV[3 * i])
        redis.call('unlink', lease)
        kept[i] = 1
    end
end
return kept
"""
"""KEYS: of each value, lease; ARGV: of each token, value, its ms. Returns of each: was it kept."""

RELEASE = """
for i, lease in ipairs(KEYS) do
    if redis.pcall('get', lease) == ARGV[i] then redis.call('unlink', lease) end
end
return 1
"""
"""KEYS: leases; ARGV: tokens."""


@dataclass(frozen=True, slots=True)
class Message:
    """An invalidation, and which process publishes it."""

    invalidation: Invalidation
    sender: str
    version: str


_ADAPTER = TypeAdapter(Message)


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return _ADAPTER.dump_json(message)


def tail(sender: str, version: str) -> bytes:
    """Return what all messages of a sender end with, and no others do."""
    written = encode(Message(Invalidation(), sender, version))
    return written[written.rindex(b',"sender":') :]


def decode(data: bytes) -> Message:
    """Return the message.

    Raises:
        ValueError: it is none of ours.
    """
    return _ADAPTER.validate_json(data)
