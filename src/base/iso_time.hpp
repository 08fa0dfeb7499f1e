// Moments as ISO 8601 writes them, in UTC. Pure.
#pragma once

#include <string>

#include <cachearr/clock.hpp>

namespace cachearr {

/// "2023-11-14T22:13:20Z"; whole seconds.
std::string iso_time(TimePoint at);

}  // namespace cachearr
