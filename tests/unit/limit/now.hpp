// The moment at which the tests of this module begin.
#pragma once

#include <cachearr/clock.hpp>

namespace cachearr::limit::test {

inline constexpr TimePoint kNow{Duration{1'700'000'000'000}};

}  // namespace cachearr::limit::test
