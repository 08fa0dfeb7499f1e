// What a complete body says, by a rule's refuse_if and ttl_from.

#include <algorithm>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "content/decode.hpp"
#include "rules/json_probe.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::rules {

namespace {

/// Without XML's white space around it.
std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

bool fits(const BodyCondition& condition, std::string_view value) {
  const auto text = trimmed(value);
  return (!condition.equals || text == *condition.equals) && condition.fits(text);
}

/// Any of the elements or attributes that the path leads to.
bool holds(const pugi::xml_node& at, const std::vector<std::string_view>& path, std::size_t depth,
           const BodyCondition& condition) {
  const auto name = path[depth];
  if (name.starts_with('@')) {
    const auto attribute = at.attribute(std::string{name.substr(1)}.c_str());
    return attribute && fits(condition, attribute.value());
  }
  const bool last = depth + 1 == path.size();
  return std::any_of(at.begin(), at.end(), [&](const pugi::xml_node& child) {
    if (name != child.name()) return false;
    return last ? fits(condition, child.child_value()) : holds(child, path, depth + 1, condition);
  });
}

void probe_xml(std::string_view text, const std::vector<const BodyCondition*>& conditions, std::vector<bool>& results) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i]->kind != BodyCondition::Kind::xml) continue;
    results[i] = holds(document, text::split(conditions[i]->path, '/'), 0, *conditions[i]);
  }
}

std::string words(const BodyCondition& condition) {
  std::string out = condition.kind == BodyCondition::Kind::json ? "json " : "xml ";
  out += condition.path;
  if (condition.equals) out += " = " + *condition.equals;
  return out;
}

std::vector<bool> probe(std::string_view text, const std::vector<const BodyCondition*>& conditions) {
  const auto has = [&conditions](BodyCondition::Kind kind) {
    return std::any_of(conditions.begin(), conditions.end(),
                       [kind](const auto* condition) { return condition->kind == kind; });
  };
  std::vector<bool> results(conditions.size());
  // A text that begins with a tag is no JSON, and the reverse: neither parser needs to find out.
  const auto first = text.find_first_of("<{[");
  const bool markup = first != std::string_view::npos && text[first] == '<';
  if (!markup && has(BodyCondition::Kind::json)) results = probe_json(text, conditions);
  if (markup && has(BodyCondition::Kind::xml)) probe_xml(text, conditions, results);
  return results;
}

}  // namespace

BodyVerdict inspect_body(const Rule& rule, std::string_view, std::string_view content_encoding, std::string_view body) {
  BodyVerdict verdict;
  if (!needs_body(rule)) return verdict;
  std::optional<std::string> decoded;
  if (!text::trim(content_encoding).empty()) {
    decoded = content::decode_content(content_encoding, body);
    if (!decoded) return verdict;
  }
  const std::string_view text = decoded ? std::string_view{*decoded} : body;
  if (text.size() > content::kMostDecoded) return verdict;
  std::vector<const BodyCondition*> conditions;
  for (const auto& condition : rule.refuse_if) conditions.push_back(&condition);
  for (const auto& from : rule.ttl_from) conditions.push_back(&from.when);
  const auto results = probe(text, conditions);
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (!results[i]) continue;
    if (i < rule.refuse_if.size()) {
      verdict.refused = true;
      verdict.refused_because = words(*conditions[i]);
    } else {
      verdict.ttl = rule.ttl_from[i - rule.refuse_if.size()].ttl;
    }
    break;
  }
  return verdict;
}

}  // namespace cachearr::rules
