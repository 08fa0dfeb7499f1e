// "Did you mean …?": the known word nearest to a mistyped one. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cachearr {

/// ", did you mean 'x'?" where a known word is at most a third of its letters away, else an empty string.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace cachearr
