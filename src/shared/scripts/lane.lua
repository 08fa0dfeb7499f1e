-- What all instances know of one upstream with one credential: a lane. Read with draw.lua, seed.lua or pause.lua behind it.
--
-- KEYS: 1 the lane (hash), 2 members by the time from which they count as missing (zset), 3 missing members by the same (zset),
-- 4... one list for each quota with its runs "last:count:member", then, where all keys live on one server, the epoch (string).
-- A quota is called by its window, "86400000r0": length, "r" rolling or "f" fixed, what is counted (0 all, 1 downloads, 2 calls),
-- which is the end of its key; so members with different quotas mean the same list by the same name.
-- ARGV: 1 member, 2 run id of the server, 3 lane id that the member has merged into, 4 number of quotas; then the script's own.
--
-- Goods are what a member may spend while it cannot reach us: nano-tokens a second, burst, and for each quota a share of what
-- is left now (".left") and one of the whole limit for later windows (".all"). A member may use what it was offered last; since an answer can be
-- lost, all offers that it has not confirmed stay reserved. Reserved for all together is never more than there is.
-- Numbers stay below 2^53, where Lua's are exact; what is handed out is rounded down.
local SETTLE, FORGET, STEP_BACK, TOKEN = 3000, 86400000, 300000, 1e9
local MERGED_ALONE = '0;;'  -- the record of a member that has merged and has not called since
local member, server, known_lane, quota_count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local quota_names, goods = {}, {'rate', 'burst'}
for i = 1, quota_count do
  quota_names[i] = string.sub(KEYS[3 + i], #KEYS[1] + 2)
  goods[1 + 2 * i], goods[2 + 2 * i] = quota_names[i] .. '.left', quota_names[i] .. '.all'
end
local lane = {}

local function text(number) return string.format('%.0f', number) end

local function pack(numbers)
  local parts = {}
  for name, number in pairs(numbers) do
    if number ~= 0 then parts[#parts + 1] = name .. '=' .. text(number) end
  end
  return table.concat(parts, ' ')
end

-- Numbers by name; missing ones are 0.
local function unpack_numbers(packed)
  local numbers = setmetatable({}, {__index = function() return 0 end})
  for name, number in string.gmatch(packed or '', '(%S+)=(%S+)') do numbers[name] = tonumber(number) end
  return numbers
end

local function parse_run(run)
  local last, count, by = string.match(run, '^(%-?%d+):(%d+):(.*)$')
  return tonumber(last), tonumber(count), by
end

-- How many requests a quota's list holds.
local function recount(key)
  local sum = 0
  for _, run in ipairs(redis.call('LRANGE', key, 0, -1)) do
    local _, count = parse_run(run)
    sum = sum + count
  end
  return sum
end

-- Since when this server holds all it was told; later lanes of the same server that are not there were never there.
local function settled_at(now)
  local key = KEYS[4 + quota_count]
  if not key then return now + SETTLE end
  local since, of = string.match(redis.call('GET', key) or '', '^(%d+) (.*)$')
  if of ~= server then
    since = now
    redis.call('SET', key, text(now) .. ' ' .. server)
  end
  return tonumber(since) + SETTLE
end

-- Begins anew: the server is another one, or has lost what it knew. Runs that are there stay; everybody adds its own.
local function begin(now)
  local settled = settled_at(now)
  local fresh = lane.server == nil and settled <= now
  if lane.server ~= nil then settled = now + SETTLE end
  local pauses = redis.call('HMGET', KEYS[1], 'pause0', 'pause1')
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  for i = 0, 1 do
    if pauses[i + 1] then redis.call('HSET', KEYS[1], 'pause' .. i, pauses[i + 1]) end
  end
  lane = {server = server, ready = settled, at = now, level = fresh and -1 or 0, line = 0, first = '', used = unpack_numbers(''),
          back = 0, id = string.sub(server, 1, 8) .. '-' .. text(now) .. '-' .. member,
          reserved = unpack_numbers(''), away = unpack_numbers(''), seen = unpack_numbers('')}
  for i = 1, quota_count do lane.used[quota_names[i]] = recount(KEYS[3 + i]) end
end

-- The lane: seen is when a quota was last one of a member's; back is when something may come back from a missing one.
local function open()
  local now = clock()
  local read = redis.call('HMGET', KEYS[1], 'server', 'id', 'ready', 'at', 'level', 'line', 'first', 'reserved', 'away', 'used',
                          'seen', 'back')
  lane.server = read[1] or nil
  if lane.server ~= server then return begin(now) end
  lane.id, lane.ready, lane.at = read[2], tonumber(read[3]), tonumber(read[4])
  lane.level, lane.line, lane.first = tonumber(read[5]), tonumber(read[6]), read[7]
  lane.reserved, lane.away = unpack_numbers(read[8]), unpack_numbers(read[9])
  lane.used, lane.seen = unpack_numbers(read[10]), unpack_numbers(read[11])
  lane.back = tonumber(read[12] or 0)
  -- Time never goes back, but where the server's clock was far wrong.
  if now < lane.at - STEP_BACK then
    lane.at, lane.ready, lane.line = now, math.min(lane.ready, now + SETTLE), 0
  end
  lane.at, lane.since = math.max(now, lane.at), lane.at
end

local function save()
  redis.call('HSET', KEYS[1], 'server', lane.server, 'id', lane.id, 'ready', text(lane.ready), 'at', text(lane.at), 'level',
             text(lane.level), 'line', text(lane.line), 'first', lane.first, 'reserved', pack(lane.reserved), 'away',
             pack(lane.away), 'used', pack(lane.used), 'seen', pack(lane.seen), 'back',
             text(lane.back))
end
