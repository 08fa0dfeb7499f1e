// What a RuleSet consists of. Filled by the loader, immutable after it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/matcher.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::rules {

/// Lets a map of strings be asked with a view, without making a string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
using UpstreamMap = std::unordered_map<std::string, const Upstream*, TextHash, std::equal_to<>>;

struct RuleSet::Impl {
  std::vector<std::unique_ptr<Upstream>> upstreams;
  std::vector<std::unique_ptr<Rule>> rules;
  std::unordered_map<std::string, Duration> ttls;
  std::map<std::string, Hash128> files;

  UpstreamMap by_name, by_host, by_suffix, by_mount;  // suffixes without "*", with the dot
  std::size_t deepest_mount = 0;                      // most segments that one has
  std::vector<Matcher> all, writes;                   // by upstream's index: every rule; those with `invalidate`
  std::vector<std::vector<const Rule*>> events;       // by upstream's index: rules for messages of its feed
};

}  // namespace cachearr::rules
