// Compiles the patterns of rules files: "/3/tv/{id:int}", "{lang}", "tv*". Pure.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "rules/pattern.hpp"

namespace cachearr::rules {

/// A pattern text such as "/3/tv/{id:int}" compiled, or what is wrong with it.
Result<PathPattern> compile_path(std::string_view text);
/// A query value's pattern: "{lang}", "{page:int?}", "tv*", a literal.
Result<Segment> compile_value(std::string_view text);

}  // namespace cachearr::rules
