-- Merges what a member knows that it has sent: its runs take the place of its earlier ones, those of the others stay.
--
-- ARGV behind the lane's: for each quota the number of runs, then last and count of each, oldest first.
-- Answer: server's time, lane id.
open()
local at = 5
for i = 1, quota_count do
  local runs = {}
  for _, run in ipairs(redis.call('LRANGE', KEYS[3 + i], 0, -1)) do
    local last, _, by = parse_run(run)
    if by ~= member then runs[#runs + 1] = {last, run} end
  end
  for _ = 1, tonumber(ARGV[at]) do
    local last, count = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    runs[#runs + 1] = {last, text(last) .. ':' .. text(count) .. ':' .. member}
    at = at + 2
  end
  at = at + 1
  table.sort(runs, function(a, b) return a[1] < b[1] end)
  redis.call('UNLINK', KEYS[3 + i])
  for _, run in ipairs(runs) do redis.call('RPUSH', KEYS[3 + i], run[2]) end
  lane.used[quota_names[i]] = recount(KEYS[3 + i])
end
-- A member that has merged is known: its next call may draw.
if not redis.call('HGET', KEYS[1], 'm:' .. member) then redis.call('HSET', KEYS[1], 'm:' .. member, MERGED_ALONE) end
save()
return {lane.at, lane.id}
