// What fetching needs on one worker, beyond what deciding needs: its loop, its connections to origins, and the tables
// that all workers share. One for each worker, touched only on its thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "net/worker.hpp"
#include "origin/connections.hpp"
#include "pipeline/worker_context.hpp"

namespace cachearr::fetch {

class AdmissionController;
class FetchTable;
class RequestBook;

struct FetchContext : pipeline::WorkerContext {
  FetchContext(net::Worker& worker, pipeline::SharedContext& shared_context, pipeline::SnapshotPtr first_snapshot,
               FetchTable& table, AdmissionController* controller, const origin::DialSettings& dial)
      : WorkerContext{shared_context, shared_context.metrics.worker(worker.index()), std::move(first_snapshot)},
        loop{worker},
        fetch_table{table},
        admission{controller},
        connections{worker, dial} {}

  net::Worker& loop;
  FetchTable& fetch_table;
  AdmissionController* admission;  // null: nothing is limited
  origin::Connections connections;
  RequestBook* book = nullptr;  // null: no request is remembered
  TimePoint ahead_again{};      // no refresh ahead is tried before
  /// The last refresh ahead of the answer that was stored then.
  struct AheadTried {
    std::int64_t stored_ms = 0;
    TimePoint at{};
  };
  std::unordered_map<Hash128, AheadTried> ahead_tried;  // bounded, see background.cpp
};

}  // namespace cachearr::fetch
