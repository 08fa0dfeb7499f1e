// Reads the running program into the values that answers are made of. Short locks only, no disk: for any thread, the
// admin loop included.
#pragma once

#include <vector>

#include "admin/instance.hpp"
#include "metrics/readings.hpp"
#include "upkeep/alerts/conditions.hpp"
#include "upkeep/health.hpp"
#include "upkeep/history/figures.hpp"

namespace cachearr::admin {

std::vector<upkeep::UpstreamStatus> upstream_statuses(Instance& instance);
upkeep::HealthInputs health_inputs(Instance& instance);
/// What was counted since the start, as the history takes it.
upkeep::Sample totals_since_start(Instance& instance);
/// Without the slow part, which looks through a day of history and, where that is due, through all keys.
upkeep::AlertInputs quick_alert_inputs(Instance& instance);
upkeep::SlowAlertInputs slow_alert_inputs(Instance& instance);
upkeep::AlertThresholds alert_thresholds(const CacheConfig& config);
/// All but what the API itself counts.
metrics::Readings metrics_readings(Instance& instance);

}  // namespace cachearr::admin
