#include "rules/query.hpp"

#include <string>

#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

/// Decoded text of the query at hand. Each parameter is decoded once at most, so what begin_decoding reserves is enough
/// and views stay good.
std::string& arena() {
  thread_local std::string text;
  return text;
}

}  // namespace

void begin_decoding(std::string_view query) {
  arena().clear();
  arena().reserve(query.size());
}

std::string_view decoded(std::string_view text) {
  if (is_decoded(text)) return text;
  auto& room = arena();
  const auto from = room.size();
  append_decoded(room, text);
  return std::string_view{room}.substr(from);
}

bool is_named(const Parameter& parameter, std::string_view name) {
  if (is_decoded(parameter.name)) return parameter.name == name;
  if (parameter.name.size() > 3 * name.size()) return false;
  std::string plain;
  append_decoded(plain, parameter.name);
  return plain == name;
}

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_parameter(query, [&](const Parameter& parameter) {
    if (!is_named(parameter, name)) return false;
    found = decoded(parameter.value);
    return true;
  });
  return found;
}

}  // namespace cachearr::rules
