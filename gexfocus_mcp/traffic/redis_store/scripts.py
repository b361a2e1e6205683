"""
The steps as Lua. What they compute is `quota`'s arithmetic, and both are held against one model by the tests.

A slot is a member of a sorted set scored by its time: `o:` and its number while it is open, `s:` once
settled. Numbers go back to the caller as text, because Redis cuts them to integers.
"""

from typing import Final


_NOW: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
"""

_COUNTED: Final = """
local function counted(key, window, overdue)
  local times = {}
  local rows = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #rows, 2 do
    local at = tonumber(rows[i + 1])
    if string.sub(rows[i], 1, 1) == 'o' then
      at = math.max(at, math.min(now, at + overdue))
    end
    if at <= now - window then
      redis.call('ZREM', key, rows[i])
    else
      times[#times + 1] = at
    end
  end
  table.sort(times)
  return times
end
local function blocked(key)
  local row = redis.call('HMGET', key, 'until', 'why')
  local ends = tonumber(row[1] or '0')
  if ends > now then return ends, row[2] end
  return 0, ''
end
"""

# KEYS: slots, block, life. ARGV: limit, window, patience, overdue, number.
CLAIM: Final = f"""
{_NOW}{_COUNTED}
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local times = counted(KEYS[1], window, tonumber(ARGV[4]))
local ends, why = blocked(KEYS[2])
local slot = math.max(now, ends)
if #times > 0 then slot = math.max(slot, times[#times]) end
if #times >= limit then slot = math.max(slot, times[#times - limit + 1] + window) end
local wait = slot - now
if wait > tonumber(ARGV[3]) then return {{0, string.format('%.6f', wait), why, #times, ''}} end
redis.call('ZADD', KEYS[1], string.format('%.6f', slot), 'o:' .. ARGV[5])
redis.call('EXPIRE', KEYS[1], 600)
redis.call('SET', KEYS[3], ARGV[5], 'NX')
redis.call('EXPIRE', KEYS[3], 600)
return {{1, string.format('%.6f', wait), why, #times, redis.call('GET', KEYS[3])}}
"""

# KEYS: slots. ARGV: number.
SETTLE: Final = f"""
{_NOW}
local at = redis.call('ZSCORE', KEYS[1], 'o:' .. ARGV[1])
if at then
  redis.call('ZREM', KEYS[1], 'o:' .. ARGV[1])
  redis.call('ZADD', KEYS[1], string.format('%.6f', math.max(now, tonumber(at))), 's:' .. ARGV[1])
end
return 1
"""

# KEYS: slots. ARGV: a member and an age for each.
HOLD: Final = f"""
{_NOW}
for i = 1, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], string.format('%.6f', now - tonumber(ARGV[i + 1])), ARGV[i])
end
redis.call('EXPIRE', KEYS[1], 600)
return 1
"""

# KEYS: block. ARGV: seconds, why.
BLOCK: Final = f"""
{_NOW}
local ends = now + tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'until') or '0') <= ends then
  redis.call('HSET', KEYS[1], 'until', string.format('%.6f', ends), 'why', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[1]) * 1000))
end
return 1
"""

# KEYS: slots, block. ARGV: window, overdue.
USAGE: Final = f"""
{_NOW}{_COUNTED}
local times = counted(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))
local ends, why = blocked(KEYS[2])
return {{#times, string.format('%.6f', math.max(0, ends - now)), why}}
"""

_FRESH: Final = """
local function fresh(key)
  local row = redis.call('HMGET', key, 'at', 'fresh_for')
  if not row[1] then return nil end
  local age = now - tonumber(row[1])
  if row[2] == 'inf' or age < tonumber(row[2]) then return age end
  return nil
end
"""

# KEYS: answer, failure, flight. ARGV: owner, milliseconds of a flight.
BEGIN: Final = f"""
{_NOW}{_FRESH}
local age = fresh(KEYS[1])
if age then
  local row = redis.call('HMGET', KEYS[1], 'body', 'label')
  return {{'answer', row[1], row[2], string.format('%.6f', age)}}
end
age = fresh(KEYS[2])
if age then
  return {{'failure', redis.call('HGET', KEYS[2], 'word'), '', string.format('%.6f', age)}}
end
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return {{'ours'}} end
return {{'theirs'}}
"""

# KEYS: flight. ARGV: owner, milliseconds of a flight.
RENEW: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""

# KEYS: flight. ARGV: owner.
LAND: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""

# KEYS: where it goes, what it makes void. ARGV: seconds it is fresh or 'inf', seconds it is kept, then fields and values.
KEEP: Final = f"""
{_NOW}
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[1], 'at', string.format('%.6f', now), 'fresh_for', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2]) * 1000))
return 1
"""

# KEYS: answer.
FIND: Final = f"""
{_NOW}
local row = redis.call('HMGET', KEYS[1], 'at', 'body', 'label')
if not row[1] then return {{}} end
return {{row[2], row[3], string.format('%.6f', now - tonumber(row[1]))}}
"""
