// The built-in types of rules: how long their answers are fresh, and what these are. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include <cachearr/clock.hpp>

#include "content/expect.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

/// Files and the environment may change each of them and add more.
std::unordered_map<std::string, Duration> default_ttls();

/// What the answers of a type are where a rule does not say. Any: nothing is known of that type.
content::Expect default_expectation(std::string_view type, const Upstream& upstream) noexcept;

}  // namespace cachearr::rules
