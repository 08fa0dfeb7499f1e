// How the program is, judged from figures: what /health/cache and /api/v1/health say. Pure but for gather(), which
// reads the instance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/instance.hpp"
#include "store/store.hpp"

namespace cachearr::admin {

/// What is looked at.
struct Condition {
  store::StoreStats store;
  std::vector<std::int64_t> lags_ms;  // of the workers that serve requests
  std::vector<HealthNote> notes;      // of the application
};

enum class Wellbeing : std::uint8_t { healthy, degraded, down };
std::string_view name_of(Wellbeing wellbeing) noexcept;
std::string_view name_of(HealthNote::Type type) noexcept;

struct Health {
  Wellbeing wellbeing = Wellbeing::healthy;
  std::vector<HealthNote> notes;  // the reasons, the worst first

  /// The reasons in one line.
  std::string message() const;
};

/// Down: a worker answers nobody. Degraded: a tier over three quarters of its budget, a disk that is not used as it
/// should be, a refused reload, or anything else the application calls an error or a warning.
Health judge(const Condition& condition);

Condition gather(Instance& instance);

/// Share of the budget in percent; 0 without a budget.
int percent_used(const store::TierStats& tier) noexcept;

}  // namespace cachearr::admin
