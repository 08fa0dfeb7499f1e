// What the families show at one moment: the workers' cells, and values that other modules have counted. Plain values,
// gathered by whoever asks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/process_stats.hpp"
#include "metrics/totals.hpp"

namespace cachearr::metrics {

struct TierReading {
  std::string tier;
  std::uint64_t bytes = 0, max_bytes = 0, entries = 0, evicted = 0, expired = 0, errors = 0;
};

/// The limits of one upstream, of the credential that is held back the longest.
struct LimitReading {
  std::string upstream;
  std::optional<std::uint64_t> tokens;                   // none: no rate is configured
  std::map<std::string, std::uint64_t> quota_remaining;  // by period
  std::int64_t cooldown_seconds = 0;
  std::uint64_t waiting = 0;
  int mode = 0;  // of limits that are shared: 0 own, 1 shared, 2 waits for the others, 3 goes by its share
};

struct AlertReading {
  std::string_view id, severity;
  bool fires = false;
};

/// The feed of events of one upstream.
struct FeedReading {
  std::string upstream;
  bool up = false;
  std::map<std::string, std::uint64_t> messages;  // by event
  std::uint64_t invalidations = 0;
};

struct WebhookReading {
  std::string upstream, event;
  std::uint64_t count = 0;
};

/// What several instances share.
struct SharedReading {
  bool up = false;
  std::map<std::string, bool> breakers_open;                                // by what for
  std::map<std::string, std::uint64_t> look_ups, rejected, dropped, waits;  // by result, by why
  std::map<std::string, HistogramTotals<Histogram>> commands;
  std::uint64_t timeouts = 0, written = 0, sent = 0, received = 0, gaps = 0, swept = 0;
  double lag_seconds = 0, memory_ratio = 0;
  std::uint64_t members = 0;
};

struct Readings {
  explicit Readings(const Metrics& of) : metrics{of}, labels{label_totals(of)}, upstreams{upstream_totals(of)} {}
  const Metrics& metrics;
  std::array<std::string_view, kForwards> miss_reasons{};  // by http::Forward, whose names this module does not know
  std::vector<LabelTotals> labels;
  std::map<std::string, UpstreamTotals> upstreams;
  std::vector<LimitReading> limits;
  std::vector<TierReading> tiers;
  std::vector<AlertReading> alerts;
  std::vector<FeedReading> feeds;
  std::vector<WebhookReading> webhooks;
  std::optional<SharedReading> shared;  // none: nothing is shared
  std::uint64_t api_invalidations = 0;
  std::uint64_t dropped_log_lines = 0;
  bool last_reload_taken = true;
  ProcessStats process;
};

}  // namespace cachearr::metrics
