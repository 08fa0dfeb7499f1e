#include "rules/compiled.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rules/query.hpp"
#include "rules/spelling.hpp"

namespace cachearr::rules {

namespace {

bool bind_any_of(const Condition& condition, std::string_view value, bool from_query, Bindings& into) {
  return std::any_of(condition.any_of.begin(), condition.any_of.end(), [&](const Segment& pattern) {
    // A parameter that is there without a value still binds.
    if (value.empty() && pattern.is_capture() && pattern.tokens[0].capture != CaptureKind::integer) {
      into.add({&pattern.tokens[0], value, from_query, false});
      return true;
    }
    return matches(pattern, value, from_query, false, into);
  });
}

bool holds_without(const Condition& condition, Bindings& into) {
  if (condition.kind == Condition::Kind::absent) return true;
  if (!condition.optional) return false;
  into.add({&condition.any_of[0].tokens[0], {}, true, true});
  return true;
}

bool lists_text(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

bool Rule::Compiled::takes(const http::RequestHead& request) const noexcept {
  if (methods >> static_cast<unsigned>(request.method) & 1U) return true;
  return request.method == http::Method::other &&
         std::find(other_methods.begin(), other_methods.end(), request.method_text) != other_methods.end();
}

bool matches(const Rule::Compiled& rule, const http::RequestHead& request, const PathSegments& path,
             std::string_view query, QueryDecoder& decoder, Bindings& into) {
  if (!rule.takes(request)) return false;
  const bool fits = std::any_of(rule.paths.begin(), rule.paths.end(), [&](const PathPattern& pattern) {
    into.clear();
    return matches(pattern, path, into);
  });
  if (!fits) return false;
  if (!rule.query.empty()) decoder.begin(query);
  for (const auto& condition : rule.query) {
    const auto found = decoder.find(query, condition.name);
    if (!found) {
      if (!holds_without(condition, into)) return false;
    } else if (condition.kind == Condition::Kind::absent || !bind_any_of(condition, *found, true, into)) {
      return false;
    }
  }
  for (const auto& condition : rule.fields) {
    const auto* field = request.fields.find(condition.name);
    if (!field) {
      if (!holds_without(condition, into)) return false;
    } else if (condition.kind == Condition::Kind::absent || !bind_any_of(condition, field->value, true, into)) {
      return false;
    }
  }
  return true;
}

bool matches(const Rule::Compiled& rule, const Message& message, Bindings& into) {
  into.clear();
  if (!lists_text(rule.events, message.event)) return false;
  if (!rule.actions.empty() && !lists_text(rule.actions, message.action)) return false;
  return std::all_of(rule.resource.begin(), rule.resource.end(), [&](const Condition& condition) {
    const auto* const value = message.find(condition.name);
    if (!value) return holds_without(condition, into);
    return condition.kind != Condition::Kind::absent && bind_any_of(condition, *value, true, into);
  });
}

void capture(const Bindings& bindings, Captures& into) {
  for (const auto& item : bindings.items()) {
    auto& value = into.add(item.token->text);
    if (item.absent) continue;
    auto text = item.value;
    if (item.token->capture == CaptureKind::lower) text = text::trim(text);
    if (item.from_query && text.empty()) {
      value = "%";  // present and empty differs from absent
    } else if (item.from_query) {
      append_capture(value, text);
    } else {
      append_path_capture(value, text);
    }
    if (item.token->capture == CaptureKind::lower) {
      for (auto& c : value) c = text::lower(c);
    }
    if (item.token->capture != CaptureKind::integer || value.size() > 15) into.hide_secret();
  }
}

}  // namespace cachearr::rules
