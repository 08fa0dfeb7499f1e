-- The clock in production: the server's own, in milliseconds.
local function clock()
  local parts = redis.call('TIME')
  return parts[1] * 1000 + math.floor(parts[2] / 1000)
end
