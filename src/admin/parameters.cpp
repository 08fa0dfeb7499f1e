#include "admin/parameters.hpp"

#include <string>

#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::admin {

Result<std::uint64_t, Answer> number_parameter(const Call& call, std::string_view name, const NumberRange& range) {
  if (!call.has_value(name)) return range.usual;
  const auto number = text::parse_unsigned(call.parameter(name));
  if (number && *number >= range.least && *number <= range.most) return *number;
  return problem(400, std::string{name} + " is a number from " + std::to_string(range.least) + " to " +
                          std::to_string(range.most));
}

Result<Duration, Answer> duration_parameter(const Call& call, std::string_view name, Duration usual) {
  if (!call.has_value(name)) return usual;
  const auto length = parse_duration(call.parameter(name));
  if (length && *length > Duration{0}) return *length;
  return problem(400, std::string{name} + " is a length of time, such as 90s or 5m");
}

}  // namespace cachearr::admin
