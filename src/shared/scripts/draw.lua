-- One request asks to go ("draw"), a member says that it is there ("beat") or that it goes ("leave").
--
-- ARGV behind the lane's: 5 what, 6 "1": the member has nothing to merge, 7 number of this call, 8 number of the last answered
-- one, 9 server's time after which the call is void (0: any), 10 how long the member will wait without an answer before it
-- uses its share, 11 members known elsewhere, 12 of these the missing ones by comma, 13 nano-tokens a second (0: no bucket),
-- 14 burst, 15 tokens to leave, 16 "1": may use reserves, 17 "1": a download, 18 "1": there will never be a second member;
-- then for each quota: limit, window, "1" where it is fixed, reserve, "1" where it counts this request.
--
-- Answer: verdict (0 go, 1 wait, 2 merge first, 3 void; of a beat: what a request would be told, but for tokens), how long to
-- wait, why, server's time, lane id, members, end of the pause of calls, of downloads (below zero: guessed; 0: none is known),
-- tokens there, then the goods offered, then what is left of each quota.
local GO, WAIT, MERGE, VOID = 0, 1, 2, 3
local NOTHING, BY_RATE, BY_QUOTA, BY_PAUSE = 0, 1, 3, 4  -- as limit::Why
local LONGEST_LINE, MANY, COME_BACK = 5000, 8, 27000
-- For how long a missing member may use its part at least: who cannot reach us goes on with it, and is not told from one that is gone.
local LENT = 900000
local LONGEST_PAUSE, PAUSE_INSTEAD = 604800000, 86400000  -- as content::LimitSignal's
local NEVER = 9e15
local what, clean, call, confirmed = ARGV[5], ARGV[6] == '1', tonumber(ARGV[7]), tonumber(ARGV[8])
local void_after, grace, elsewhere = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local rate, burst, keep = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local may_use_reserve, download, alone = ARGV[16] == '1', ARGV[17] == '1', ARGV[18] == '1'

local quotas = {}
for i = 1, quota_count do
  local at = 13 + 5 * i
  quotas[i] = {name = quota_names[i], key = KEYS[3 + i], limit = tonumber(ARGV[at + 1]), per = tonumber(ARGV[at + 2]), fixed = ARGV[at + 3] == '1',
               reserve = tonumber(ARGV[at + 4]), counts = ARGV[at + 5] == '1'}
  quotas[i].slack = math.min(math.floor(quotas[i].per / 60), 2000)
end

-- A member's record: the call from which on its newer offers count, older offers, newer offers; each the largest one.
local function read_record(id)
  local mark, older, newer = string.match(redis.call('HGET', KEYS[1], 'm:' .. id) or '', '^(%d+);([^;]*);(.*)$')
  if not mark then return nil end
  return {mark = tonumber(mark), older = unpack_numbers(older), newer = unpack_numbers(newer)}
end

local function write_record(id, record)
  redis.call('HSET', KEYS[1], 'm:' .. id, text(record.mark) .. ';' .. pack(record.older) .. ';' .. pack(record.newer))
end

local function held(record, good) return math.max(record.older[good], record.newer[good]) end

local function each_good(record, visit)
  for good in pairs(record.older) do visit(good) end
  for good in pairs(record.newer) do
    if rawget(record.older, good) == nil then visit(good) end
  end
end

-- What a missing member takes from the others: its part of rate and burst, and of each quota what it may use more than it
-- was offered while it was here, once a window has passed.
local function count_away(record, sign)
  each_good(record, function(good)
    local quota = string.match(good, '^(.*)%.all$')
    if quota then
      local left = quota .. '.left'
      lane.away[left] = lane.away[left] + sign * math.max(0, held(record, good) - held(record, left))
    elseif good == 'rate' or good == 'burst' then
      lane.away[good] = lane.away[good] + sign * held(record, good)
    end
  end)
end

local function count_reserved(record, sign)
  each_good(record, function(good) lane.reserved[good] = lane.reserved[good] + sign * held(record, good) end)
end

local function note_missing()
  local found = redis.call('ZRANGE', KEYS[2], '-inf', text(lane.at), 'BYSCORE', 'WITHSCORES')
  for i = 1, #found, 2 do
    local id = found[i]
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZADD', KEYS[3], found[i + 1], id)
    local record = read_record(id)
    if record then count_away(record, 1) end
    lane.back = math.min(lane.back, found[i + 1] + LENT)
  end
end

-- Of a quota a part is held for a whole window, since what was sent of it counts for so long.
local function lent_for(good)
  local per = tonumber(string.match(good, '^(%d+)[rf]') or 0)
  return math.max(LENT, per + math.min(math.floor(per / 60), 2000))
end

local function remove(id)
  local record = read_record(id)
  if redis.call('ZREM', KEYS[3], id) == 1 and record then count_away(record, -1) end
  redis.call('ZREM', KEYS[2], id)
  if record then count_reserved(record, -1) end
  redis.call('HDEL', KEYS[1], 'm:' .. id)
  if lane.first == id then lane.first = '' end
end

-- What has been held for a missing member for long enough comes back to the others.
local function take_back_from(id, since)
  local record = read_record(id)
  if not record then return end
  count_away(record, -1)
  count_reserved(record, -1)
  each_good(record, function(good)
    local ends = since + lent_for(good)
    if ends <= lane.at then
      record.older[good], record.newer[good] = 0, 0
    elseif held(record, good) > 0 then
      lane.back = math.min(lane.back, ends)
    end
  end)
  count_away(record, 1)
  count_reserved(record, 1)
  write_record(id, record)
  if lane.first == id and since + LENT <= lane.at then lane.first = '' end
end

local function each_missing(visit)
  local found = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do visit(found[i], tonumber(found[i + 1])) end
end

local function take_back()
  if lane.back > lane.at then return end
  lane.back = NEVER
  each_missing(take_back_from)
end

-- The missing members' records, read once: many quotas ask for them, and nothing changes them meanwhile.
local missing_records = nil
local function records_of_missing()
  if not missing_records then
    missing_records = {}
    each_missing(function(id, since)
      local record = read_record(id)
      if record then missing_records[#missing_records + 1] = {record = record, since = since} end
    end)
  end
  return missing_records
end

-- How much of a good is held for missing members, and when the first of it comes back.
local function held_for_missing(good)
  local sum, first = 0, NEVER
  for _, missing in ipairs(records_of_missing()) do
    local part = held(missing.record, good)
    if part > 0 then sum, first = sum + part, math.min(first, missing.since + lent_for(good)) end
  end
  return sum, first
end

local function forget_missing()
  for _, id in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', text(lane.at - FORGET), 'BYSCORE')) do remove(id) end
end

-- Missing members that have never been here may use their part of the rate all the same.
local strangers = 0
for id in string.gmatch(ARGV[12], '[^,]+') do
  local record = redis.call('HGET', KEYS[1], 'm:' .. id)
  if not record or record == MERGED_ALONE then strangers = strangers + 1 end
end

-- Users of either list of least rights that was ever given can run this.
local function size_of(key)
  local size = redis.pcall('ZCOUNT', key, '-inf', '+inf')
  return type(size) == 'number' and size or redis.call('ZCARD', key)
end

local function member_count()
  return math.max(1, elsewhere, size_of(KEYS[2]) + size_of(KEYS[3]) + strangers)
end

local members = 1
local function rate_here() return math.max(0, rate - lane.away.rate - strangers * math.floor(rate / members)) end
local function room_here() return math.max(0, burst - lane.away.burst - strangers * math.floor(burst / members)) * TOKEN end

local function refill()
  local per_second, room = rate_here(), room_here()
  if lane.level < 0 then lane.level = room end
  local passed, missing = lane.at - (lane.since or lane.at), room - lane.level
  if passed > 0 and missing > 0 then
    if passed * per_second / 1000 > 2 * missing then
      lane.level = room
    else
      lane.level = lane.level + passed * math.floor(per_second / 1000) + math.floor(passed * (per_second % 1000) / 1000)
    end
  end
  lane.level = math.min(lane.level, room)
end

local function frees_at(quota, last)
  if not quota.fixed then return last + quota.per + quota.slack end
  return (math.floor((last + quota.slack) / quota.per) + 1) * quota.per + quota.slack
end

local function drop_old_runs(quota)
  while true do
    local first = redis.call('LINDEX', quota.key, 0)
    if not first then
      lane.used[quota.name] = 0
      return
    end
    local last, count = parse_run(first)
    quota.frees = frees_at(quota, last)
    if quota.frees > lane.at then return end
    redis.call('LPOP', quota.key)
    lane.used[quota.name] = lane.used[quota.name] - count
  end
end

local function add_run(quota)
  lane.used[quota.name] = lane.used[quota.name] + 1
  local grain = quota.limit > 1024 and math.floor(quota.per / 1024) or 1
  local tail = redis.call('LINDEX', quota.key, -1)
  if tail then
    local last, count, by = parse_run(tail)
    if by == member and math.floor(last / grain) == math.floor(lane.at / grain) then
      return redis.call('LSET', quota.key, -1, text(lane.at) .. ':' .. text(count + 1) .. ':' .. member)
    end
  end
  redis.call('RPUSH', quota.key, text(lane.at) .. ':1:' .. member)
end

-- Quotas of other members that are none of this one's: they do not hold it back, but what it sends counts there, too.
local elsewhere_counted = {}
local function note_quotas()
  local own_names = {}
  for _, quota in ipairs(quotas) do
    -- Where others have begun the lane, nobody has counted this list yet.
    if lane.seen[quota.name] == 0 then lane.used[quota.name] = recount(quota.key) end
    lane.seen[quota.name], own_names[quota.name] = lane.at, true
  end
  for name, at in pairs(lane.seen) do
    local per, kind, scope = string.match(name, '^(%d+)([rf])(%d)')
    if per and not own_names[name] then
      local quota = {name = name, key = KEYS[1] .. ':' .. name, limit = math.huge, per = tonumber(per), fixed = kind == 'f',
                     counts = scope == '0' or (scope == '1') == download}
      quota.slack = math.min(math.floor(quota.per / 60), 2000)
      if at > lane.at - FORGET then
        elsewhere_counted[#elsewhere_counted + 1] = quota
      else
        redis.call('UNLINK', quota.key)
        lane.seen[name], lane.used[name] = 0, 0
      end
    end
  end
end

local own
local function left(quota) return math.max(0, quota.limit - lane.used[quota.name]) end
-- What is reserved of what is left of this quota for everyone but this member.
local function others(quota)
  local good = quota.name .. '.left'
  return lane.reserved[good] - held(own, good) + lane.away[good] + strangers * math.floor(quota.limit / members)
end

local verdict, wait, why = GO, 0, NOTHING
local function hold(length, reason)
  if length > wait then verdict, wait, why = WAIT, length, reason end
end

-- Where others hold all of it, no token ever comes.
local function has_room(wanted)
  if rate == 0 or (rate_here() >= 1 and room_here() >= wanted) then return true end
  local _, back = held_for_missing(rate_here() < 1 and 'rate' or 'burst')
  hold(back < NEVER and math.max(LONGEST_LINE, back - lane.at) or LONGEST_LINE, BY_RATE)
  return false
end

-- Whoever is told to wait for a token is told to come one after the other, not all for the same one.
local function wait_for_token()
  local per_second, wanted = rate_here(), (keep + 1) * TOKEN
  if rate == 0 or lane.level >= wanted or not has_room(wanted) then return end
  local length = math.ceil((wanted - lane.level) * 1000 / per_second)
  if keep == 0 then
    local turn = math.max(lane.at + length, lane.line + math.ceil(TOKEN * 1000 / per_second))
    lane.line = math.min(turn, lane.at + math.max(length, LONGEST_LINE))
    length = lane.line - lane.at
  end
  hold(length, BY_RATE)
end

local function wait_for_quota(quota)
  if not quota.counts then return end
  local there = left(quota) - (may_use_reserve and 0 or quota.reserve)
  if there - others(quota) >= 1 then return end
  local frees = quota.frees or lane.at + quota.per
  if there >= 1 then
    -- What is there is held for others: until their next beats, or until it comes back from those that are missing.
    local sum, back = held_for_missing(quota.name .. '.left')
    local away = lane.away[quota.name .. '.left']
    if sum + away == 0 or there - sum - away >= 1 then return hold(math.max(1, math.floor(grace / 3)), BY_QUOTA) end
    if sum == 0 then
      local _, later = held_for_missing(quota.name .. '.all')
      back = later
    end
    if there - others(quota) == 0 then back = math.min(back, frees) end
    return hold(math.max(1, math.min(back, lane.at + quota.per + LENT) - lane.at), BY_QUOTA)
  end
  hold(math.max(1, frees - lane.at), BY_QUOTA)
end

-- What no upstream would ask for counts as a day, as it does where an upstream asks for it.
local function pause_end(number)
  local field = 'pause' .. number
  local until_time, told = string.match(redis.call('HGET', KEYS[1], field) or '', '^(%d+) (%d)$')
  until_time = tonumber(until_time or 0)
  if until_time > lane.at + LONGEST_PAUSE then
    until_time = lane.at + PAUSE_INSTEAD
    redis.call('HSET', KEYS[1], field, text(until_time) .. ' ' .. told)
  end
  return until_time, told == '1'
end
local pauses, told_pauses = {}, {}
local function pause_word(i) return told_pauses[i] and pauses[i] or -pauses[i] end

local function decide()
  hold(lane.ready - lane.at, BY_RATE)
  -- Who was here before the server lost what it knew brings what it has sent: until then each asks again soon.
  if strangers > 0 and lane.ready + COME_BACK > lane.at then hold(math.max(1, math.floor(grace / 3)), BY_QUOTA) end
  hold(pauses[download and 2 or 1] - lane.at, BY_PAUSE)
  for _, quota in ipairs(quotas) do wait_for_quota(quota) end
  -- Nobody takes a place in the line for a token that something else holds back anyway.
  if verdict == GO then wait_for_token() end
end

local function spend()
  if rate > 0 then lane.level = lane.level - TOKEN end
  for _, quota in ipairs(quotas) do
    if quota.counts then
      local good = quota.name .. '.left'
      lane.reserved[good] = lane.reserved[good] - held(own, good)
      own.older[good], own.newer[good] = math.max(0, own.older[good] - 1), math.max(0, own.newer[good] - 1)
      lane.reserved[good] = lane.reserved[good] + held(own, good)
      add_run(quota)
    end
  end
  for _, quota in ipairs(elsewhere_counted) do
    if quota.counts then add_run(quota) end
  end
end

-- What there is of good `k` to be shared.
local function total(k)
  if k == 1 then return rate end
  if k == 2 then return burst end
  local quota = quotas[math.floor((k - 1) / 2)]
  if k % 2 == 0 then return quota.limit end
  return math.max(0, left(quota) - lane.away[goods[k]])
end

local function offer()
  -- Who is alone leaves half to one that may come in its place, should it end without a word.
  local parts = math.max(members, alone and 1 or 2)
  count_reserved(own, -1)
  if confirmed >= own.mark then
    own.older, own.newer = own.newer, unpack_numbers('')
    own.mark = call
  end
  local offers = {}
  for k, good in ipairs(goods) do
    local all = total(k)
    local part = math.floor(all / parts)
    if k == 2 and lane.first == member then part = part + all % parts end
    -- Beats of many are rare: half of what is left stays free for whoever asks meanwhile.
    if k > 2 and k % 2 == 1 and members > MANY then part = math.floor(part / 2) end
    offers[k] = math.max(0, math.min(part, all - lane.reserved[good]))
    own.newer[good] = math.max(own.newer[good], offers[k])
  end
  count_reserved(own, 1)
  write_record(member, own)
  return offers
end

-- Nobody is here and nothing is spent: as good as a new one.
local function at_rest()
  local spent = math.max(pauses[1], pauses[2]) - lane.at
  for _, used in pairs(lane.used) do spent = math.max(spent, used) end
  return spent <= 0 and lane.level == room_here() and size_of(KEYS[2]) + size_of(KEYS[3]) == 0
end

local function answer(offers)
  local out = {verdict, wait, why, lane.at, lane.id, members, pause_word(1), pause_word(2),
               math.max(0, math.floor(lane.level / TOKEN))}
  for k = 1, #offers do out[#out + 1] = offers[k] end
  for _, quota in ipairs(quotas) do out[#out + 1] = left(quota) end
  return out
end

if void_after > 0 and clock() > void_after then return {VOID, 0, NOTHING, clock(), '', 0, 0, 0, 0} end
open()
note_missing()
take_back()
members = member_count()
refill()
forget_missing()
own = read_record(member)
if not clean and (lane.id ~= known_lane or not own) then
  -- Who has merged into nothing holds no share either.
  if known_lane == '' then remove(member) end
  save()
  return {MERGE, 0, NOTHING, lane.at, lane.id, members, 0, 0, 0}
end
if what == 'leave' or lane.id ~= known_lane then
  remove(member)
  own = nil
end
if what ~= 'leave' then
  if redis.call('ZREM', KEYS[3], member) == 1 and own then count_away(own, -1) end
  if not own then own = {mark = 0, older = unpack_numbers(''), newer = unpack_numbers('')} end
  redis.call('ZADD', KEYS[2], text(lane.at + grace), member)
  if lane.first == '' then lane.first = member end
  members = member_count()
end
note_quotas()
for _, quota in ipairs(quotas) do drop_old_runs(quota) end
for _, quota in ipairs(elsewhere_counted) do drop_old_runs(quota) end
for i = 1, 2 do pauses[i], told_pauses[i] = pause_end(i - 1) end
if what == 'leave' then
  -- Without an epoch a lane that begins anew is held as one that was lost, so it stays.
  if at_rest() and KEYS[4 + quota_count] then redis.call('UNLINK', KEYS[1]) else save() end
  return answer({})
end
if what == 'draw' then
  decide()
  if verdict == GO then spend() end
else
  -- For who was told to wait for long: what it waits for may have come sooner.
  hold(lane.ready - lane.at, BY_RATE)
  hold(pauses[1] - lane.at, BY_PAUSE)
  has_room(TOKEN)
  for _, quota in ipairs(quotas) do wait_for_quota(quota) end
end
local offers = offer()
save()
return answer(offers)
