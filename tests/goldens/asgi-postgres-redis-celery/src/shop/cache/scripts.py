"""What Redis does in one step, as Lua: nothing else comes in between."""

LEASE = """
local found = {0}
for i = 2, #KEYS do
    local stamp = redis.pcall('get', KEYS[i])
    if type(stamp) == 'string' and #stamp == #ARGV[1] then
        redis.call('pexpire', KEYS[i], ARGV[3])
    else
        stamp = ARGV[1]
        redis.call('set', KEYS[i], stamp, 'PX', ARGV[3])
    end
    found[i] = stamp
end
local held = redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if not held and redis.call('pttl', KEYS[1]) == -1 then
    held = redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
if held then found[1] = 1 end
return found
"""
"""KEYS: lease, tags…; ARGV: token, its ms, those of a tag. Returns: is it ours; stamps.

What is no stamp becomes one, and a lease without an end is nobody's.
"""

PUT = """
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('unlink', KEYS[2])
return 1
"""
"""KEYS: value, lease; ARGV: token, value, its milliseconds. Returns: was it kept."""

RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('unlink', KEYS[1]) end
return 0
"""
"""KEYS: lease; ARGV: token."""
