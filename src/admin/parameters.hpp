// Parameters of calls as values. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include <cachearr/clock.hpp>

#include "admin/call.hpp"
#include "base/result.hpp"

namespace cachearr::admin {

struct NumberRange {
  std::uint64_t least, most, usual;  // `usual`: where the call does not say
};
/// A whole number within the range; else 400.
Result<std::uint64_t, Answer> number_parameter(const Call& call, std::string_view name, const NumberRange& range);
/// A length of time above 0, as configuration writes it ("5m"); else 400.
Result<Duration, Answer> duration_parameter(const Call& call, std::string_view name, Duration usual);

}  // namespace cachearr::admin
