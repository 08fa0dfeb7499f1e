// Reads what was counted since the start of the process into the figures that the history keeps. Any thread.
#pragma once

#include <vector>

#include "metrics/metrics.hpp"
#include "store/store.hpp"
#include "upkeep/history/figures.hpp"
#include "upkeep/upstream_status.hpp"

namespace cachearr::upkeep {

Sample take_sample(const metrics::Metrics& metrics, const store::StoreStats& store,
                   const std::vector<UpstreamStatus>& upstreams);

}  // namespace cachearr::upkeep
