#include "rules/load/condition_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace cachearr::rules {

namespace {

using Kind = BodyCondition::Kind;

bool is_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool is_xml_path(std::string_view path) {
  const auto parts = text::split(path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool attribute = parts[i].starts_with('@');
    const auto name = attribute ? parts[i].substr(1) : parts[i];
    if (name.empty() || name.find_first_of(" @[]()*\t\"'") != std::string_view::npos) return false;
    if (attribute && (i == 0 || i + 1 < parts.size())) return false;
  }
  return true;
}

void read_path(const Node& node, BodyCondition& into) {
  into.path = node.text().value_or("");
  if (!node.is_text()) return;
  if (into.kind == Kind::json && !is_pointer(into.path))
    node.problem("a JSON pointer is empty or begins with '/', such as \"/data/0/status\"");
  if (into.kind == Kind::xml && !is_xml_path(into.path))
    node.problem("an XML path names elements from the root on, and at its end perhaps an attribute: \"error/@code\"");
}

/// The place that the condition looks at; false where it names none or several.
bool read_place(const Node& node, BodyCondition& into) {
  const auto json = node.get("json"), xml = node.get("xml"), text = node.get("text");
  if (static_cast<int>(json.has_value()) + static_cast<int>(xml.has_value()) + static_cast<int>(text.has_value()) !=
      1) {
    node.problem(
        R"(a condition has one of "json", a JSON pointer, "xml", a path of elements, and "text": true, the whole body)");
    return false;
  }
  into.kind = json ? Kind::json : xml ? Kind::xml : Kind::text;
  if (text) {
    if (text->flag() == false) text->problem("\"text\" is true or left out");
    return true;
  }
  read_path(json ? *json : *xml, into);
  return true;
}

void read_equals(const Node& equals, BodyCondition& into) {
  into.equals = equals.is_text() ? equals.text() : equals.dump();
  into.equals_json = equals.dump();
  if (equals.is_object() || equals.is_array()) equals.problem("\"equals\" is a text, a number, true, false or null");
  if (into.kind != Kind::json && !equals.is_text())
    equals.problem("what XML and a whole body hold is text; put it in double quotes");
}

void read_values(const Node& node, BodyCondition& into) {
  constexpr double most = 1e15;
  if (const auto like = node.get("like")) into.like = like->texts();
  if (const auto not_like = node.get("not_like")) into.not_like = not_like->texts();
  if (const auto equals = node.get("equals")) read_equals(*equals, into);
  if (const auto below = node.get("below")) into.below = below->number(-most, most);
  if (const auto above = node.get("above")) into.above = above->number(-most, most);
  if (const auto since = node.get("since")) into.since = since->duration();
  if (const auto until = node.get("until")) into.until = until->duration();
}

bool asks_for_a_value(const BodyCondition& condition) noexcept {
  return condition.equals || !condition.like.empty() || !condition.not_like.empty() || condition.below ||
         condition.above || condition.since || condition.until;
}

std::optional<BodyCondition> read_condition(const Node& node) {
  BodyCondition condition;
  if (!read_place(node, condition)) return std::nullopt;
  read_values(node, condition);
  if (const auto missing = node.get("missing")) {
    condition.missing = missing->flag().value_or(false);
    if (condition.missing && (condition.kind == Kind::text || asks_for_a_value(condition)))
      missing->problem("\"missing\" says that a place of JSON or XML is not there; nothing else can be asked of it");
  }
  if (condition.kind == Kind::text && !condition.missing && !asks_for_a_value(condition))
    node.problem("\"text\" needs what it must be: \"like\", \"not_like\" or \"equals\"");
  return condition;
}

}  // namespace

void read_refuse_if(const Node& node, Rule& into) {
  for (const auto& element : node.elements()) {
    if (!element.expect_object(
            "an object such as { \"xml\": \"error/@code\" }",
            {"json", "xml", "text", "equals", "like", "not_like", "missing", "below", "above", "since", "until"})) {
      continue;
    }
    if (auto condition = read_condition(element)) into.refuse_if.push_back(std::move(*condition));
  }
}

void read_ttl_from(const Node& node, Rule& into) {
  for (const auto& element : node.elements()) {
    if (!element.expect_object("an object such as { \"json\": \"/status\", \"equals\": \"Ended\", \"ttl\": \"7d\" }",
                               {"json", "xml", "text", "equals", "like", "not_like", "missing", "below", "above",
                                "since", "until", "ttl"})) {
      continue;
    }
    auto condition = read_condition(element);
    if (!condition) continue;
    const auto ttl = element.get("ttl");
    if (!ttl) {
      element.problem("\"ttl\" is missing: how long an answer is fresh for which this holds");
      continue;
    }
    if (const auto duration = ttl->duration()) into.ttl_from.push_back({std::move(*condition), *duration});
  }
}

}  // namespace cachearr::rules
