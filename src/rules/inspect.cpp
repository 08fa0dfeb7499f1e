#include "rules/inspect.hpp"

#include <array>
#include <optional>

#include "content/body_reader.hpp"
#include "content/decoder.hpp"

namespace cachearr::rules {

namespace {

std::string words(const BodyCondition& condition) {
  constexpr std::array<std::string_view, 3> kinds = {"json ", "xml ", "text"};
  std::string out{kinds[static_cast<std::size_t>(condition.kind)]};
  out += condition.path;
  if (condition.missing) out += " is missing";
  if (condition.equals) out += " = " + *condition.equals;
  return out;
}

}  // namespace

std::vector<const BodyCondition*> conditions_of(const Rule& rule) {
  std::vector<const BodyCondition*> conditions;
  conditions.reserve(rule.refuse_if.size() + rule.ttl_from.size());
  for (const auto& condition : rule.refuse_if) conditions.push_back(&condition);
  for (const auto& from : rule.ttl_from) conditions.push_back(&from.when);
  return conditions;
}

BodyVerdict verdict_of(const Rule& rule, const std::vector<bool>& holds) {
  BodyVerdict verdict;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    if (!holds[i]) continue;
    if (i < rule.refuse_if.size()) {
      verdict.refused = true;
      verdict.refused_because = words(rule.refuse_if[i]);
    } else {
      verdict.ttl = rule.ttl_from[i - rule.refuse_if.size()].ttl;
    }
    break;
  }
  return verdict;
}

BodyVerdict inspect_body(const Rule& rule, std::string_view content_encoding, std::string_view body) {
  if (!needs_body(rule)) return {};
  std::optional<std::string> decoded;
  if (!content_encoding.empty()) {
    decoded = content::decode(content_encoding, body);
    if (!decoded) return {};
    body = *decoded;
  }
  const auto conditions = conditions_of(rule);
  return verdict_of(rule, content::read_body(body, {conditions, {}}).holds);
}

}  // namespace cachearr::rules
