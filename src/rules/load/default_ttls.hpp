// The built-in types and how long their answers are fresh. Pure.
#pragma once

#include <string>
#include <unordered_map>

#include <cachearr/clock.hpp>

namespace cachearr::rules {

/// Files and the environment may change each of them and add more.
std::unordered_map<std::string, Duration> default_ttls();

}  // namespace cachearr::rules
