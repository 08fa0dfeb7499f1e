// Looks up JSON pointers in a text in one pass, without building a document: memory does not grow with the text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.hpp"

namespace cachearr::rules {

/// For each condition of kind json whether it holds; false for the others. A text that is no JSON holds nothing behind
/// the place where it breaks.
std::vector<bool> probe_json(std::string_view text, const std::vector<const BodyCondition*>& conditions);

}  // namespace cachearr::rules
