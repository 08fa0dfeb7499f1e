-- An upstream has said "no more" to one member, or an operator has ended the pause (until 0).
--
-- A told time beats a guessed one, the later of two told ones holds, and a guess changes nothing that runs. A pause that was ended
-- has its end in the moment of that, so that members know it from one that was lost.
-- ARGV behind the lane's: 5 "1": of downloads, 6 until (0: over), 7 "1": the upstream told it, 8 since when a member has known it that
-- tells it again (empty: it is news); what has ended here since then stays so.
-- Answer: server's time, end of the pause.
open()
save()
local field, until_time, told, since = 'pause' .. ARGV[5], tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local old_end, old_told = string.match(redis.call('HGET', KEYS[1], field) or '0 0', '^(%d+) (%d)$')
old_end = tonumber(old_end)
local runs = old_end > lane.at
if until_time > 0 and runs then
  if told == '0' then return {lane.at, old_end} end
  if old_told == '1' then until_time = math.max(until_time, old_end) end
end
if since and not runs and old_end > 0 and old_end >= since then return {lane.at, old_end} end
if until_time == 0 then until_time = runs and lane.at or old_end end
redis.call('HSET', KEYS[1], field, text(until_time) .. ' ' .. told)
return {lane.at, until_time}
