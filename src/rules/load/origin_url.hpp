// Hosts and URLs as rules files write them, checked strictly and explained. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cachearr::rules {

struct OriginUrl {
  std::string scheme, host;  // IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;  // empty or "/x"
};

/// "http://host[:port][/path]" or https.
Result<OriginUrl> parse_origin(std::string_view url);

/// A host name, an address or "*.suffix", in lower case, IPv6 without brackets.
Result<std::string> host_pattern(std::string_view text);

/// What is wrong with a parent proxy's URL; empty: nothing.
std::string problem_of_proxy(std::string_view url);

}  // namespace cachearr::rules
