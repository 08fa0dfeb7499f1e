#include "shared/script.hpp"

#include <memory>
#include <openssl/evp.h>

namespace cachearr::shared {

namespace {

constexpr std::string_view kMayRunWhenFull = "#!lua flags=allow-oom\n";
/// A server says that the user lacks a right, and not always which one. Everything else fails as it would.
constexpr std::string_view kNamesMissingRights = R"lua(local server = redis
local redis = {pcall = server.pcall, call = function(command, ...)
  local reply = server.pcall(command, ...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  local lacks = string.find(reply.err, 'user executing the script', 1, true) or string.find(reply.err, 'NOPERM', 1, true)
  if lacks then error('NOPERM ' .. string.lower(command) .. ': ' .. reply.err, 0) end
  return server.call(command, ...)
end}
)lua";

std::string sha1_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

std::string call_of(std::string_view how, const std::string& script, const Words& keys, const Words& arguments) {
  const auto count = std::to_string(keys.size());
  std::vector<std::string_view> words{how, script, count};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return command(words);
}

}  // namespace

Script::Script(std::string_view body)
    : modern_{std::string{kMayRunWhenFull}.append(kNamesMissingRights).append(body)},
      plain_{std::string{kNamesMissingRights}.append(body)},
      modern_hash_{sha1_hex(modern_)},
      plain_hash_{sha1_hex(plain_)} {}

/// Redis 6 takes the first line for Lua, and fails; Valkey began after it.
bool Script::is_modern(const ServerInfo& server) noexcept {
  return server.software != "redis" || !(server.version.starts_with("6.") || server.version.starts_with("5."));
}

void run_script(Link& link, const Script& script, const Words& keys, const Words& arguments, Link::Done done) {
  const auto& server = link.server();
  auto in_full = [&link, again = call_of("EVAL", script.text(server), keys, arguments),
                  done = std::move(done)](const Reply* reply) {
    if (reply && reply->is_error("NOSCRIPT") && link.is_up()) return link.send(again, done);
    done(reply);
  };
  link.send(call_of("EVALSHA", script.hash(server), keys, arguments), std::move(in_full));
}

}  // namespace cachearr::shared
