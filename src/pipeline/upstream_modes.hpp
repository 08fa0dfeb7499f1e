// How each upstream is used at the moment: as the rules say, or as the operator has it until the next reload. Made with
// a snapshot of the configuration and gone with it. Any thread; a look is one relaxed load.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "rules/rule_set.hpp"

namespace cachearr::pipeline {

class UpstreamModes {
 public:
  explicit UpstreamModes(const rules::RuleSet& rules);

  /// What requests go by: offline where it is paused; live for a host that no rule names (null). REQUIRES: of the rule
  /// set that this was made for.
  rules::UpstreamMode of(const rules::Upstream* upstream) const noexcept;

  struct State {
    rules::UpstreamMode mode = rules::UpstreamMode::live;  // once it is not paused
    bool paused = false;
    friend bool operator==(const State&, const State&) = default;
  };
  State state(const rules::Upstream& upstream) const noexcept;
  /// Why it is offline, in words. REQUIRES: it is.
  std::string why_offline(const rules::Upstream& upstream) const;
  /// What is not given stays. Gives the state before.
  State change(const rules::Upstream& upstream, std::optional<bool> paused,
               std::optional<rules::UpstreamMode> mode) noexcept;

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> slots_;  // by the upstream's index: its mode, and kPaused
};

}  // namespace cachearr::pipeline
