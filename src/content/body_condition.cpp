#include "content/body_condition.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "content/body_reader.hpp"

namespace cachearr::content {
namespace {

std::optional<double> number_in(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_equal(const BodyCondition& condition, const Value& value, std::string_view text) {
  if (condition.kind != BodyCondition::Kind::json) return text == *condition.equals;
  if (value.type == Value::Type::container) return false;
  const auto wanted = nlohmann::json::parse(condition.equals_json, nullptr, false);
  if (wanted.is_string() || value.type == Value::Type::string)
    return wanted.is_string() && value.type == Value::Type::string &&
           wanted.get_ref<const std::string&>() == value.text;
  return nlohmann::json::parse(value.text, nullptr, false) == wanted;
}

}  // namespace

bool BodyCondition::holds(const Value& value) const {
  const auto text = kind == Kind::json ? std::string_view{value.text} : without_blanks(value.text);
  if (equals && !is_equal(*this, value, text)) return false;
  if (below || above) {
    const auto number = number_in(without_blanks(text));
    if (!number || (below && *number >= *below) || (above && *number <= *above)) return false;
  }
  if (like.empty() && not_like.empty()) return true;
  const auto matches = [text](const std::string& pattern) { return text::glob_match(pattern, text); };
  return value.type != Value::Type::container && (like.empty() || std::any_of(like.begin(), like.end(), matches)) &&
         std::none_of(not_like.begin(), not_like.end(), matches);
}

}  // namespace cachearr::content
