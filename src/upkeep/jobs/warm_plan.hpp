// What a warm-up asks for: from the rules and the lists that the applications give, to requests. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.hpp"

namespace cachearr::upkeep {

/// What is to be warmed up.
struct WarmWish {
  std::string type = "all";           // or one of rules::kWarmUpTypes
  std::string id;                     // of the one element of the lists that is meant; empty: all
  std::vector<std::string> patterns;  // of keys that are wanted; empty: any
};
/// "all" and the types.
bool is_warm_type(std::string_view type) noexcept;

/// One request.
struct WarmStep {
  std::string upstream;  // whose turn it is
  std::string target;    // below its origin, or a whole URL
  friend bool operator==(const WarmStep&, const WarmStep&) = default;
};

/// A list that must be there first, and what to ask for each of its elements.
struct WarmList {
  struct Row {
    std::string upstream;
    std::vector<std::string> ask;
    std::vector<rules::WarmUp::Size> sizes{};
  };
  WarmStep list;
  std::vector<Row> rows;
};

struct WarmPlan {
  std::vector<WarmStep> steps;  // that need no list
  std::vector<WarmList> lists;
  std::vector<std::string> without_access;  // upstreams that are left out, as no credential for them is known
  std::string bad_key;                      // why a file that was to hold one is of no use; empty: none is
};

/// `has_access`: the upstream needs no credential, or one is known.
WarmPlan plan_warm_up(const rules::RuleSet& rules, const WarmWish& wish,
                      const std::function<bool(const rules::Upstream&)>& has_access);

/// What a list adds, each request once. None: the answer is no list. An address that no rule names is left out.
std::optional<std::vector<WarmStep>> steps_of_list(const WarmList& list, const nlohmann::ordered_json& answer,
                                                   const std::string& id, const rules::RuleSet& rules);

}  // namespace cachearr::upkeep
