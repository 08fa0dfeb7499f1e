// A path as rules see it: an origin's own path (a "URL base") belongs to where to connect, not to what is asked for.
// Pure; any thread.
#pragma once

#include <string_view>

#include "base/text.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

/// `path` as it goes upstream, without the upstream's origin_path. Begins with '/' where `path` does.
inline std::string_view below_origin(const Upstream& upstream, std::string_view path) noexcept {
  const std::string_view base = upstream.origin_path;
  const auto front = path.substr(0, base.size());
  const bool same = upstream.ignores_path_case ? text::iequals(front, base) : front == base;
  const bool below = same && path.size() > base.size() && path[base.size()] == '/';
  return below ? path.substr(base.size()) : path;
}

}  // namespace cachearr::rules
