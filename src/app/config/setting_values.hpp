// Reads one configured value as the type it must have, or says what would be right. Pure, but for content_of_file().
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/result.hpp"

namespace cachearr::app {

/// A value as somebody wrote it. Text from the environment has no JSON type: "10" may be a number or a name.
struct RawValue {
  nlohmann::json value;
  bool is_text = false;
  std::string folder;  // relative paths start here
};

/// "text", "a number", "a list"…: names the type, never shows the value (it may be a secret).
std::string kind_of(const nlohmann::json& value);

/// null, or from the environment an empty text or "null".
bool is_null(const RawValue& raw);

Result<bool> to_bool(const RawValue& raw);
Result<std::uint64_t> to_number(const RawValue& raw, std::uint64_t least, std::uint64_t most);
Result<std::uint64_t> to_size(const RawValue& raw, std::uint64_t least, std::uint64_t most);
Result<Duration> to_duration(const RawValue& raw, Duration least, Duration most);
Result<std::string> to_text(const RawValue& raw);
/// The index in `names` of the one that is given.
Result<std::size_t> to_choice(const RawValue& raw, const std::vector<std::string>& names);
/// A path made absolute against `given.folder`, without "." and "..".
Result<std::string> to_path(const RawValue& raw);
/// The members of a list; from the environment, JSON or separated by commas.
Result<std::vector<RawValue>> to_list(const RawValue& raw);

/// "ADDRESS:PORT" with a literal address; "localhost" becomes 127.0.0.1. Port 0 lets the kernel choose.
Result<std::string> to_address(const RawValue& raw);
/// "10.0.0.0/8", "fd00::/8" or one address, which gets its full prefix length.
Result<std::string> to_network(const RawValue& raw);

/// A secret as Docker and systemd hand it over: the content of a file without its last line end. None: it cannot be
/// read.
std::optional<std::string> content_of_file(const std::string& path);

/// Splits "HOST:PORT" or "[HOST]:PORT"; none where it is neither.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<HostPort> split_host_port(std::string_view text);
/// 4 or 6 for a literal IP address, 0 for anything else.
int address_family(const std::string& host);

}  // namespace cachearr::app
