#include "rules/load/match_reader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rules/load/pattern_compiler.hpp"
#include "rules/load/template_compiler.hpp"

namespace cachearr::rules {

namespace {

void read_methods(const Node& match, Rule::Compiled& into) {
  const auto node = match.get("method");
  if (!node || node->is_null()) {
    into.methods = kReadMethods;
    return;
  }
  if (node->is_array() && node->elements().empty()) node->problem("at least one method is expected here");
  for (const auto& element : node->elements()) {
    const auto name = element.text();
    if (!name) continue;
    const bool token = !name->empty() && std::all_of(name->begin(), name->end(),
                                                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
    const auto method = http::method_of(*name);
    if (!token || method == http::Method::connect) {
      element.problem("'" + *name + "' is no method that a rule can match; methods are upper case, such as GET");
    } else if (method == http::Method::other) {
      into.other_methods.push_back(*name);
    } else {
      into.methods |= method_bit(method);
    }
  }
}

std::vector<std::string_view> names_of(const PathPattern& path) {
  std::vector<std::string_view> names;
  for (const auto& segment : path.segments) {
    for (const auto& token : segment.tokens) {
      if (token.kind == Token::Kind::capture) names.push_back(token.text);
    }
  }
  return names;
}

void read_path(const Node& match, Rule::Compiled& into) {
  const auto node = match.get("path");
  if (!node) {
    match.problem("\"path\" is missing; \"/**\" means every path");
    return;
  }
  if (node->is_array() && node->elements().empty()) node->problem("at least one path is expected here");
  for (const auto& element : node->elements()) {
    const auto text = element.text();
    if (!text) continue;
    auto path = compile_path(*text);
    if (!path.ok()) {
      element.problem(path.error().what);
      continue;
    }
    if (!into.paths.empty() && names_of(*path) != names_of(into.paths.front())) {
      element.problem("every path of a rule has to bind the same names in the same order");
    }
    into.paths.push_back(std::move(*path));
  }
}

std::vector<Condition> read_conditions(const Node& match, std::string_view key, bool lower_names) {
  std::vector<Condition> conditions;
  const auto node = match.get(key);
  if (!node || node->is_null()) return conditions;
  if (!node->is_object()) {
    node->problem("an object of names and patterns is expected here, such as { \"language\": \"{lang}\" }");
    return conditions;
  }
  for (const auto& [name, value] : node->members()) {
    Condition condition;
    condition.name = lower_names ? text::to_lower(name) : name;
    if (value.is_null()) condition.kind = Condition::Kind::absent;
    const auto patterns = value.is_null() ? std::vector<std::string>{} : value.texts();
    for (const auto& text : patterns) {
      auto pattern = compile_value(text);
      if (!pattern.ok()) {
        value.problem(pattern.error().what);
        continue;
      }
      condition.optional = condition.optional || (pattern->is_capture() && pattern->tokens[0].optional);
      condition.any_of.push_back(std::move(*pattern));
    }
    if (value.is_array() && (patterns.empty() || condition.optional)) {
      value.problem("a list holds one or more values, any of which may match; an optional capture stands alone");
    }
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

/// Of the conditions only.
template <class F>
void for_each_token(const Rule::Compiled& rule, F&& each) {
  for (const auto* conditions : {&rule.query, &rule.fields, &rule.resource}) {
    for (const auto& condition : *conditions) {
      for (const auto& segment : condition.any_of) {
        for (const auto& token : segment.tokens) each(token);
      }
    }
  }
}

void check_captures(const Node& match, const Rule::Compiled& rule) {
  auto names = bound_names(rule);
  if (names.size() >= Bindings::kMost) match.problem("a rule may have at most 23 captures");
  for (const auto name : names) {
    if (is_built_in(name) || name == "upstream") {
      match.problem("{" + std::string{name} + "} has a meaning of its own in keys; give the capture another name");
    }
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) match.problem("{" + std::string{*twice} + "} is bound twice; give the two different names");
}

/// What was done with the resource, as the *arr applications' hub tells it.
void read_actions(const Node& node, Rule::Compiled& into) {
  const std::vector<std::string_view> known{"created", "updated", "deleted", "sync"};
  for (const auto& element : node.elements()) {
    const auto action = element.text();
    if (!action) continue;
    if (std::find(known.begin(), known.end(), *action) == known.end())
      element.problem("'" + *action + "' is no action of an event; there are created, updated, deleted and sync");
    into.actions.push_back(*action);
  }
}

/// Messages of the upstream's feed. Such a rule looks at no request.
void read_events(const Node& match, const Node& node, Rule::Compiled& into) {
  into.events = node.texts();
  if (into.events.empty()) node.problem("at least one event is expected here, such as [\"series\"]");
  if (const auto actions = match.get("action")) read_actions(*actions, into);
  into.resource = read_conditions(match, "resource", false);
  for (const auto* const name : {"method", "path", "query", "headers", "body", "webhook"}) {
    if (const auto other = match.get(name)) other->key_problem("a rule for events looks at no request; remove this");
  }
  check_captures(match, into);
}

/// Events by which an application's webhook tells of changes. Such a rule looks at no request.
void read_webhooks(const Node& match, const Node& node, Rule::Compiled& into) {
  for (const auto& event : node.texts()) into.webhooks.push_back(text::to_lower(event));
  if (into.webhooks.empty()) node.problem("at least one event is expected here, such as [\"Grab\", \"Download\"]");
  for (const auto* const name : {"method", "path", "query", "headers", "body"}) {
    if (const auto other = match.get(name)) other->key_problem("a rule for webhooks looks at no request; remove this");
  }
}

void mark_secrets(const Node& match, const Upstream& upstream, Rule::Compiled& into) {
  const auto is_secret = [&upstream](const Token& token) {
    const auto& secrets = upstream.credential_path;
    return token.kind == Token::Kind::capture && std::find(secrets.begin(), secrets.end(), token.text) != secrets.end();
  };
  for (const auto& path : into.paths) {
    for (std::size_t i = 0; i < path.segments.size(); ++i) {
      const auto& segment = path.segments[i];
      if (std::none_of(segment.tokens.begin(), segment.tokens.end(), is_secret)) continue;
      into.secret_segments.push_back(i);
      if (!segment.is_capture())
        match.problem("a credential in the path is a whole segment, such as \"/rss/{passkey}\"");
      if (into.paths.size() > 1) match.problem("a rule with a credential in its path has one path only");
    }
  }
}

}  // namespace

void read_match(const Node& node, const Upstream& upstream, Rule::Compiled& into) {
  if (!node.expect_object("an object such as { \"path\": \"/api/**\" }",
                          {"method", "path", "query", "headers", "body", "webhook", "event", "action", "resource"}))
    return;
  if (const auto events = node.get("event"); events && !events->is_null()) return read_events(node, *events, into);
  for (const auto* const name : {"action", "resource"}) {
    if (const auto alone = node.get(name)) alone->key_problem("this belongs to an \"event\"");
  }
  if (const auto webhooks = node.get("webhook"); webhooks && !webhooks->is_null())
    return read_webhooks(node, *webhooks, into);
  read_methods(node, into);
  read_path(node, into);
  into.query = read_conditions(node, "query", false);
  into.fields = read_conditions(node, "headers", true);
  // The key keeps track of these in one machine word.
  if (into.query.size() > 64) node.problem("a rule may look at no more than 64 query parameters");
  if (const auto body = node.get("body"); body && !body->is_null()) {
    for (const auto& pattern : body->texts()) into.body.push_back(text::to_lower(pattern));
  }
  check_captures(node, into);
  mark_secrets(node, upstream, into);
}

std::vector<std::string_view> bound_names(const Rule::Compiled& rule) {
  auto names = rule.paths.empty() ? std::vector<std::string_view>{} : names_of(rule.paths.front());
  for_each_token(rule, [&names](const Token& token) {
    if (token.kind == Token::Kind::capture) names.push_back(token.text);
  });
  return names;
}

}  // namespace cachearr::rules
