// Remembers which names hold secrets: requests repeat a handful of names, and asking base/redact anew for each costs
// more than the rest of a key. For each thread its own memory; never wrong, since whole names are compared.
#pragma once

#include <string_view>

namespace cachearr::rules {

bool is_secret_parameter_remembered(std::string_view name) noexcept;
bool is_secret_field_remembered(std::string_view name) noexcept;

}  // namespace cachearr::rules
