"""What is in Redis: names of keys, scripts in Lua, and messages of invalidations."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter

from hotpath.cache.entries import Invalidation
from hotpath.cache.keys import CacheNamespace


class RedisKeys:
    """Names of keys in Redis: `<service>:<kind>:<version>:<key>`.

    The version keeps versions of a service from reading each other's values.
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

    def windows(self, client: str, window_s: int) -> tuple[str, str]:
        """Return where requests of a client are counted: in the window before, and in this one.

        All versions count together.
        """
        current = f"{self._service}:limit:{window_s}:{client}"
        return f"{current}:previous", current

    def glob(self, pattern: str) -> str:
        """Return the pattern for SCAN of the values and leases of the keys that match."""
        escaped = "".join(f"\\{each}" if each in r"\?[]^-" else each for each in pattern)
        return self._values_and_leases + escaped

    def channel(self, database: int) -> str:
        """Return where invalidations are published: one for all versions, not for all databases."""
        return f"{self._service}:changes:{database}"


LEASE = """
local replies, at = {}, 0
for i = 1, (#ARGV - 1) / 3 do
    local token, ms = ARGV[3 * i - 1], ARGV[3 * i]
    local count = tonumber(ARGV[3 * i + 1])
    local lease, found = KEYS[at + 1], {0}
    for j = 2, count do
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
    local is_leased = redis.call('set', lease, token, 'NX', 'PX', ms)
    if not is_leased and redis.call('pttl', lease) == -1 then
        is_leased = redis.call('set', lease, token, 'PX', ms)
    end
    if is_leased then found[1] = 1 end
    replies[i], at = found, at + count
end
return replies
"""
"""Take leases that are free, and give a stamp to tags that have none.

KEYS: for each lease its name and those of its tags. ARGV: the ms a tag lives; for each lease its
token, its ms, the count of its names. Returns for each: 1 if it was taken, else 0; the stamps.
A value that is no stamp is replaced, and a lease without an expiry is free.
"""

PUT = """
local stored = {}
for i = 1, #KEYS / 2 do
    local value, lease = KEYS[2 * i - 1], KEYS[2 * i]
    stored[i] = 0
    if redis.pcall('get', lease) == ARGV[3 * i - 2] then
        redis.call('set', value, ARGV[3 * i - 1], 'PX', ARGV[3 * i])
        redis.call('unlink', lease)
        stored[i] = 1
    end
end
return stored
"""
"""Store values whose leases still hold, and end these.

KEYS: for each its value and its lease. ARGV: for each its token, data, ms. Returns for each: 1 if
it was stored, else 0.
"""

RELEASE = """
for i, lease in ipairs(KEYS) do
    if redis.pcall('get', lease) == ARGV[i] then redis.call('unlink', lease) end
end
return 1
"""
"""End leases that still hold. KEYS: leases. ARGV: their tokens."""


@dataclass(frozen=True, slots=True)
class Message:
    """An invalidation, and which process publishes it.

    All versions of a service read each other's: its JSON and the channel stay as they are.
    """

    invalidation: Annotated[Invalidation, Field(alias="change")]
    sender: str
    version: str


_ADAPTER = TypeAdapter(Message)


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return _ADAPTER.dump_json(message, by_alias=True)


def tail(sender: str, version: str) -> bytes:
    """Return what all messages of a sender end with, and no others do."""
    written = encode(Message(Invalidation(), sender, version))
    return written[written.rindex(b',"sender":') :]


def decode(data: bytes) -> Message:
    """Return the message.

    Raises:
        ValueError: it is not a message of this format.
    """
    return _ADAPTER.validate_json(data)
