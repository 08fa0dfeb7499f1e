#include "rules/inspect.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/units.hpp"
#include "content/body_reader.hpp"
#include "content/decoder.hpp"

namespace cachearr::rules {

namespace {

void append_texts(std::string& out, std::string_view word, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    out += &text == &texts.front() ? " " + std::string{word} + " " : " or ";
    out += text;
  }
}

void append_number(std::string& out, std::string_view word, std::optional<double> number) {
  if (number) out.append(" ").append(word).append(" ").append(nlohmann::json(*number).dump());
}

}  // namespace

std::string words_of(const BodyCondition& condition) {
  constexpr std::array<std::string_view, 3> kinds = {"json ", "xml ", "text"};
  std::string out{kinds[static_cast<std::size_t>(condition.kind)]};
  out += condition.path;
  if (condition.missing) out += " is missing";
  if (condition.equals) out += " = " + *condition.equals;
  append_number(out, "below", condition.below);
  append_number(out, "above", condition.above);
  append_texts(out, "like", condition.like);
  append_texts(out, "not like", condition.not_like);
  if (condition.since) out += " since " + format_duration(*condition.since) + " ago";
  if (condition.until) out += " until in " + format_duration(*condition.until);
  return out;
}

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
      verdict.refused_because = words_of(rule.refuse_if[i]);
    } else {
      const auto& from = rule.ttl_from[i - rule.refuse_if.size()];
      verdict.ttl = from.ttl;
      verdict.ttl_because = words_of(from.when);
    }
    break;
  }
  return verdict;
}

BodyVerdict inspect_body(const Rule& rule, std::string_view content_encoding, std::string_view body, TimePoint now) {
  if (!needs_body(rule)) return {};
  std::optional<std::string> decoded;
  if (!content_encoding.empty()) {
    decoded = content::decode(content_encoding, body);
    if (!decoded) return {};
    body = *decoded;
  }
  const auto conditions = conditions_of(rule);
  return verdict_of(rule, content::read_body(body, {conditions, {}, now}).holds);
}

}  // namespace cachearr::rules
