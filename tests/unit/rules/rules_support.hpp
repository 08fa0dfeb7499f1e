// Requests and rule sets in one line each, for the tests of this module.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "rules/load/load.hpp"

namespace cachearr::rules::test {

inline constexpr std::string_view kSecret = "an installation's own secret";

/// A request as the pipeline sees it; every view points into this object.
struct Asked {
  http::RequestHead head;
  http::Target target;
  std::string method;
  std::vector<std::pair<std::string, std::string>> fields;

  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  /// "GET https://host:port/path?query", fields as "Name: value".
  explicit Asked(std::string_view line, const std::vector<std::string_view>& lines = {}) {
    const auto space = line.find(' ');
    method = std::string{line.substr(0, space)};
    auto url = line.substr(space + 1);
    const auto scheme = url.find("://");
    target.scheme = std::string{url.substr(0, scheme)};
    url.remove_prefix(scheme + 3);
    const auto slash = url.find('/');
    const auto authority = url.substr(0, slash);
    url.remove_prefix(slash);
    const auto colon = authority.rfind(':');
    target.host = std::string{authority.substr(0, colon)};
    target.port = colon == std::string_view::npos
                      ? (target.scheme == "https" ? std::uint16_t{443} : std::uint16_t{80})
                      : static_cast<std::uint16_t>(text::parse_unsigned(authority.substr(colon + 1)).value_or(0));
    const auto mark = url.find('?');
    target.path = std::string{url.substr(0, mark)};
    target.has_query = mark != std::string_view::npos;
    if (target.has_query) target.query = std::string{url.substr(mark + 1)};
    head.method_text = method;
    head.method = http::method_of(method);
    for (const auto text : lines) {
      const auto at = text.find(": ");
      fields.emplace_back(text.substr(0, at), text.substr(at + 2));
    }
    for (const auto& [name, value] : fields) head.fields.add(name, value);
  }
};

struct Answer {
  const Upstream* upstream = nullptr;
  const Rule* rule = nullptr;
  Captures captures;
  KeyParts parts;
  const std::string& key() const { return parts.key; }
};

/// Upstream by host, rule, key: the way of a request through this module.
inline Answer ask(const RuleSet& set, const Asked& asked) {
  Answer answer;
  Scratch scratch;
  answer.upstream = set.upstream_for_host(asked.target.host);
  if (answer.upstream) {
    answer.rule =
        set.match(*answer.upstream, asked.head, asked.target.path, asked.target.query, scratch, answer.captures);
  }
  build_key({answer.upstream, answer.rule}, asked.head, asked.target, answer.captures, kSecret, scratch, answer.parts);
  return answer;
}
inline Answer ask(const RuleSet& set, std::string_view line, const std::vector<std::string_view>& fields = {}) {
  return ask(set, Asked{line, fields});
}

inline std::string told(const Problems& problems) {
  std::string all;
  for (const auto& problem : problems) all += to_string(problem) + "\n";
  return all;
}

inline std::shared_ptr<const RuleSet> loaded(std::string_view text) {
  Problems problems;
  auto set = load_text(text, "rules.json", problems);
  EXPECT_TRUE(set) << told(problems);
  return set;
}

/// One upstream "up" at api.test, without settings of its own unless `settings` says so, and the rules given.
inline std::shared_ptr<const RuleSet> loaded_rules(const std::string& rules, const std::string& settings = "") {
  return loaded(R"({"upstreams": {"up": {"hosts": ["api.test"])" + (settings.empty() ? "" : ", " + settings) +
                "}}, \"rules\": [" + rules + "]}");
}
/// The same with one rule that has `members` beside name and upstream.
inline std::shared_ptr<const RuleSet> loaded_rule(const std::string& members, const std::string& settings = "") {
  return loaded_rules(R"({"name": "one", "upstream": "up", )" + members + "}", settings);
}

}  // namespace cachearr::rules::test
