#include "rules/shadow.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "rules/compiled.hpp"

namespace cachearr::rules {

namespace {

bool same(const Token& a, const Token& b, bool any_case) {
  if (a.kind != b.kind || a.capture != b.capture) return false;
  if (a.kind != Token::Kind::literal) return true;
  return any_case ? text::iequals(a.text, b.text) : a.text == b.text;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `a` matches every text that `b` matches. REQUIRES for an empty text: it is asked of a parameter, not of a segment.
bool covers(const Segment& a, const Segment& b, bool any_case) {
  if (std::equal(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end(),
                 [any_case](const Token& x, const Token& y) { return same(x, y, any_case); }))
    return true;
  if (a.tokens.size() != 1 || a.is_literal()) return false;
  const bool is_integer = a.tokens[0].kind == Token::Kind::capture && a.tokens[0].capture == CaptureKind::integer;
  if (is_integer) return b.is_literal() && is_digits(b.literal());
  // A capture takes no empty segment; what has a literal in it is never empty.
  return a.tokens[0].kind == Token::Kind::any || b.is_capture() ||
         std::any_of(b.tokens.begin(), b.tokens.end(),
                     [](const Token& each) { return each.kind == Token::Kind::literal && !each.text.empty(); });
}

bool covers(const PathPattern& a, const PathPattern& b) {
  if (b.lenient && !a.lenient) return false;
  const auto enough =
      a.open_end ? b.segments.size() >= a.segments.size() : !b.open_end && b.segments.size() == a.segments.size();
  return enough && std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(),
                              [&](const Segment& x, const Segment& y) { return covers(x, y, a.lenient); });
}

/// Whatever fulfils one of these fulfils `a`, too.
bool is_implied(const Condition& a, const std::vector<Condition>& by) {
  return std::any_of(by.begin(), by.end(), [&a](const Condition& b) {
    if (a.name != b.name || a.kind != b.kind) return false;
    if (a.kind == Condition::Kind::absent) return true;
    if (b.optional && !a.optional) return false;
    return std::all_of(b.any_of.begin(), b.any_of.end(), [&a](const Segment& value) {
      return std::any_of(a.any_of.begin(), a.any_of.end(),
                         [&value](const Segment& each) { return covers(each, value, false); });
    });
  });
}

bool are_implied(const std::vector<Condition>& a, const std::vector<Condition>& by) {
  return std::all_of(a.begin(), a.end(), [&by](const Condition& each) { return is_implied(each, by); });
}

bool takes_methods_of(const Rule::Compiled& a, const Rule::Compiled& b) {
  const auto has = [&a](const std::string& method) {
    return std::find(a.other_methods.begin(), a.other_methods.end(), method) != a.other_methods.end();
  };
  return (b.methods & ~a.methods) == 0 && std::all_of(b.other_methods.begin(), b.other_methods.end(), has);
}

bool takes_paths_of(const Rule::Compiled& a, const Rule::Compiled& b) {
  return std::all_of(b.paths.begin(), b.paths.end(), [&a](const PathPattern& path) {
    return std::any_of(a.paths.begin(), a.paths.end(), [&path](const PathPattern& each) { return covers(each, path); });
  });
}

/// A rule that stores is not asked where nobody can tell what the origin makes of the path; one that stores nothing is.
bool is_asked_whenever(const Rule& a, const Rule& b) {
  return a.policy.mode == caching::Mode::never || b.policy.mode != caching::Mode::never;
}

bool shadows(const Rule& earlier, const Rule& rule) {
  const auto& a = *earlier.compiled;
  const auto& b = *rule.compiled;
  return a.body.empty() && is_asked_whenever(earlier, rule) && takes_methods_of(a, b) && takes_paths_of(a, b) &&
         are_implied(a.query, b.query) && are_implied(a.fields, b.fields);
}

}  // namespace

std::vector<const Rule*> shadows(const RuleSet& set) {
  std::vector<const Rule*> found(set.rules().size(), nullptr);
  std::map<const Upstream*, std::vector<const Rule*>> earlier;
  for (const auto& rule : set.rules()) {
    if (!rule->compiled->is_for_requests()) continue;
    auto& before = earlier[rule->upstream];
    if (!rule->compiled->writes) {
      const auto at =
          std::find_if(before.begin(), before.end(), [&](const Rule* each) { return shadows(*each, *rule); });
      if (at != before.end()) found[rule->index] = *at;
    }
    before.push_back(rule.get());
  }
  return found;
}

}  // namespace cachearr::rules
