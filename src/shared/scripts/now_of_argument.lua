-- The clock in tests: the last argument, in milliseconds, so that virtual time drives the same script.
local function clock() return tonumber(ARGV[#ARGV]) end
