// A condition on a complete body: a place in it (JSON pointer, XML path, or all of its text) and what must stand there.
// Plain value, filled by rules from "refuse_if" and "ttl_from".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/value.hpp"

namespace cachearr::content {

struct BodyCondition {
  enum class Kind : std::uint8_t { json, xml, text } kind = Kind::json;
  std::string path{};  // empty with text
  // As text; JSON strings without quotes, true/false/null/numbers as written. None: the place need only be there.
  std::optional<std::string> equals{};
  std::string equals_json{};               // the JSON value, for an exact comparison
  std::vector<std::string> like{};         // globs, one of which the text must match
  std::vector<std::string> not_like{};     // globs, none of which the text may match
  bool missing = false;                    // the place must not be there; nothing else is asked then
  std::optional<double> below{}, above{};  // the place holds a number below, above this one
  /// The place holds a date, not longer ago and not further ahead than these; one of them alone leaves the other end
  /// open.
  std::optional<Duration> since{}, until{};
  /// For what stands at the place.
  bool holds(const Value& value, TimePoint now) const;
  friend bool operator==(const BodyCondition&, const BodyCondition&) = default;
};

}  // namespace cachearr::content
