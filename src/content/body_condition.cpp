#include "content/body_condition.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::content {

bool BodyCondition::fits(std::string_view text) const {
  const auto matches = [text](const std::string& pattern) { return text::glob_match(pattern, text); };
  return (like.empty() || std::any_of(like.begin(), like.end(), matches)) &&
         std::none_of(not_like.begin(), not_like.end(), matches);
}

}  // namespace cachearr::content
