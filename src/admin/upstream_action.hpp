// What an operator wants of an upstream, until the next reload or restart. Reading it is pure; what it does is for the
// pool's threads.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "admin/instance.hpp"
#include "base/result.hpp"
#include "rules/upstream.hpp"

namespace cachearr::admin {

struct UpstreamAction {
  std::optional<bool> paused;
  std::optional<rules::UpstreamMode> mode;
  bool reset_breaker = false, reset_cooldown = false;

  bool is_reset() const noexcept { return reset_breaker || reset_cooldown; }
  friend bool operator==(const UpstreamAction&, const UpstreamAction&) = default;
};

/// {"paused":…,"mode":…,"reset":[…]}; the error names the member that is wrong.
Result<UpstreamAction> read_action(const nlohmann::json& body);

/// What is different now, a sentence each. None: there is no such upstream.
std::optional<std::vector<std::string>> act_on(Instance& instance, const std::string& upstream,
                                               const UpstreamAction& action);

}  // namespace cachearr::admin
