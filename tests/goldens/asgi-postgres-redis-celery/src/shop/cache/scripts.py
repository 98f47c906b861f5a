"""What Redis does in one step, as Lua: nothing else comes in between. Each for many at once."""

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

Returns of each: is it ours; stamps. What is no stamp becomes one, and a lease without an end is
nobody's.
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
