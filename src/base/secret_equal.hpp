// Whether a secret that somebody gives is the right one. Pure.
#pragma once

#include <string_view>

namespace cachearr {

/// Takes the same time for every wrong one. An empty `expected` is nobody's secret: nothing equals it.
bool is_secret(std::string_view expected, std::string_view given) noexcept;

}  // namespace cachearr
