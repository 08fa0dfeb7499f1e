#include "rules/query.hpp"

#include "rules/spelling.hpp"

namespace cachearr::rules {

// A text is never longer decoded than encoded: what is reserved here is enough, so views stay good.
void QueryDecoder::begin(std::string_view query) {
  text_.clear();
  text_.reserve(query.size());
}

std::string_view QueryDecoder::decoded(std::string_view text) {
  if (is_decoded(text)) return text;
  const auto from = text_.size();
  append_decoded(text_, text);
  return std::string_view{text_}.substr(from);
}

bool is_named(const Parameter& parameter, std::string_view name) {
  if (is_decoded(parameter.name)) return parameter.name == name;
  if (parameter.name.size() > 3 * name.size()) return false;
  std::string plain;
  append_decoded(plain, parameter.name);
  return plain == name;
}

std::optional<std::string_view> QueryDecoder::find(std::string_view query, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_parameter(query, [&](const Parameter& parameter) {
    if (!is_named(parameter, name)) return false;
    found = decoded(parameter.value);
    return true;
  });
  return found;
}

}  // namespace cachearr::rules
