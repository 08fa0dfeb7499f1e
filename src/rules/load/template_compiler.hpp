// Compiles key templates and works out what a key has to hold besides its template. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/compiled.hpp"

namespace cachearr::rules {

/// Cuts a template into pieces. Errors: unbalanced braces.
Result<std::vector<Piece>> compile_template(std::string_view text);
/// Names of the built-in pieces; no capture may be called so.
bool is_built_in(std::string_view name) noexcept;
/// From the rule's path, query and template: what the key holds and what has to be added to it.
void complete_key(Rule::Compiled& rule);

}  // namespace cachearr::rules
