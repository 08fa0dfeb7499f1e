// What deciding about requests needs on one worker, and what all workers share for it.
//
// WorkerContext: one for each worker, touched only on its thread; fetch and client extend it by what they need.
// SharedContext: owned by the proxy server, outlives every worker; what it refers to is thread-safe.
#pragma once

#include <string>

#include <cachearr/clock.hpp>

#include "metrics/metrics.hpp"
#include "pipeline/config_snapshot.hpp"
#include "pipeline/invalidation_windows.hpp"
#include "pipeline/request_context.hpp"
#include "rules/scratch.hpp"
#include "store/shared_tier.hpp"
#include "store/store.hpp"

namespace cachearr::pipeline {

struct SharedContext {
  const Clock& clock;
  store::Store& store;
  metrics::Metrics& metrics;
  std::string secret;      // keys the hashes of credentials; kept in the state directory
  std::string loop_token;  // this instance's name in CDN-Loop
  InvalidationWindows windows = {};
  store::SharedTier* tier = nullptr;  // what instances share; null: there is one instance
};

struct WorkerContext {
  WorkerContext(SharedContext& shared_context, metrics::WorkerCells& worker_cells, SnapshotPtr first_snapshot)
      : shared{shared_context}, cells{worker_cells}, snapshot{std::move(first_snapshot)} {}

  const Settings& settings() const noexcept { return *snapshot->settings; }
  TimePoint now() const noexcept { return shared.clock.now(); }

  SharedContext& shared;
  metrics::WorkerCells& cells;
  SnapshotPtr snapshot;  // what the next request is decided by
  RequestContextPool contexts;
  rules::Scratch scratch;
};

}  // namespace cachearr::pipeline
