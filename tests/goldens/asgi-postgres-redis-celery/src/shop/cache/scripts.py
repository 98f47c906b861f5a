"""What Redis does in one step, as Lua: nothing else comes in between."""

LEASE = """
local held = redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
local found = {held and 1 or 0}
for i = 2, #KEYS do
    redis.call('set', KEYS[i], ARGV[1], 'NX')
    redis.call('pexpire', KEYS[i], ARGV[3])
    found[i] = redis.call('get', KEYS[i])
end
return found
"""
"""KEYS: lease, tags…; ARGV: token, its ms, those of a tag. Returns: is it ours; stamps."""

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
