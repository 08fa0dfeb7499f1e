// The families of /metrics, made anew for each reading from what is counted elsewhere. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <prometheus/metric_family.h>
#include <string>
#include <string_view>
#include <vector>

#include "admin/counts.hpp"
#include "admin/system_figures.hpp"
#include "admin/upstream_words.hpp"
#include "store/store.hpp"

namespace cachearr::admin {

/// Everything that is shown.
struct Readings {
  Counts counts;
  store::StoreStats store;
  std::vector<Standing> upstreams;
  TimePoint now{};
  ProcessFigures process;
  std::uint64_t api_invalidations = 0;
  std::uint64_t dropped_log_lines = 0;
  bool last_reload_taken = true;
};

std::vector<prometheus::MetricFamily> families_of(const Readings& readings);

/// The text that a scraper reads.
std::string metrics_text(const Readings& readings);

}  // namespace cachearr::admin
