// How the program is, judged from values: what /health/cache, /api/v1/health and `cachearr healthcheck` say. Pure;
// whoever asks gathers the inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "shared/tier_status.hpp"
#include "store/store.hpp"
#include "upkeep/upstream_status.hpp"

namespace cachearr::upkeep {

/// A client that gets a host untouched and uncached, because it does not trust the local authority.
struct BypassedHost {
  std::string client, host;
  TimePoint until{};
};

/// What health is judged from.
struct HealthInputs {
  TimePoint now{};
  store::StoreStats store;
  std::vector<std::int64_t> worker_lags_ms;  // of the workers that serve requests
  std::vector<UpstreamStatus> upstreams;
  std::vector<std::string> interception_problems;  // a sentence each
  std::vector<BypassedHost> bypassed;
  std::optional<shared::TierStatus> shared;   // none: nothing is shared
  std::string shared_problem;                 // why not, where something should be
  std::optional<std::string> refused_reload;  // its first problem, where the last reload was refused
  std::optional<TimePoint> reload_refused_at;
};

/// Something an operator should know; the *arr applications' health shape.
struct HealthNote {
  enum class Severity : std::uint8_t { notice, warning, error } severity = Severity::notice;
  std::string source;
  std::string message;
  std::string_view alert = {};          // the alert that it gives rise to; empty: none
  std::string subject = {};             // of that alert: the upstream
  std::optional<TimePoint> since = {};  // none: nobody knows
  friend bool operator==(const HealthNote&, const HealthNote&) = default;
};
std::string_view name_of(HealthNote::Severity severity) noexcept;

struct HealthStatus {
  enum class Level : std::uint8_t { healthy, degraded, down } level = Level::healthy;
  std::vector<HealthNote> notes;  // the reasons, the worst first

  /// The reasons in one line.
  std::string message() const;
};
std::string_view name_of(HealthStatus::Level level) noexcept;

/// Down: a worker serves nobody. Degraded: any warning or error.
HealthStatus evaluate(const HealthInputs& inputs);

/// A worker that has not come round for so long serves nobody.
bool is_stuck(std::int64_t lag_ms) noexcept;
/// Share of the tier's budget in percent; 0 without a budget.
int percent_used(const store::TierStats& tier) noexcept;

}  // namespace cachearr::upkeep
