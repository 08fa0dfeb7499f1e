// What one worker remembers of the requests that it has answered: the last of them, and who asked.
//
// One for each worker, in its ClientContext. The worker writes, under the journal's own small mutex; any thread reads,
// a few requests at a time, so that the worker never waits long.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "client/client_table.hpp"
#include "client/recorded_request.hpp"
#include "client/request_ring.hpp"

namespace cachearr::client {

class RequestJournal {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  // Of all workers together, unless there are very many of them.
  static constexpr std::size_t kMostRequests = 10'000;
  static constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
  static constexpr std::size_t kMostClients = 1024;

  struct Space {
    std::size_t requests = kMostRequests;
    std::size_t bytes = kMostBytes;  // of texts
    bool operator==(const Space&) const = default;
  };
  /// Of each of so many workers.
  static Space share_of(std::size_t workers) noexcept;

  explicit RequestJournal(std::uint32_t worker) : RequestJournal{worker, {}} {}
  RequestJournal(std::uint32_t worker, const Space& space);

  /// Locks the journal for as long as it lives. Whoever begins, and only then reads the clock for `ended`, makes ids
  /// that no reader misses: one that has read up to a moment has everything that ended before.
  class Writing {
   public:
    explicit Writing(RequestJournal& journal) : journal_{journal}, lock_{journal.mutex_} {}
    /// Gives it its id.
    void add(RequestNote& note, SteadyTime ended, ClientTable::Place& place);

   private:
    RequestJournal& journal_;
    const std::lock_guard<std::mutex> lock_;
  };

  /// The largest id of what ends at a moment, on any worker: microseconds since 1970, then the worker.
  static std::uint64_t id_at(SteadyTime at) noexcept;
  /// Appends the requests from number `position` on whose ids are not beyond `up_to`, the last `most` of them, and
  /// moves `position` behind them. Gives how many were overwritten before they were read, or left out.
  std::uint64_t read(std::uint64_t& position, std::uint64_t up_to, std::vector<RecordedRequest>& out,
                     std::size_t most = kMostRequests) const;
  std::vector<SeenClient> clients() const;

 private:
  static constexpr unsigned kWorkerBits = 10;

  const std::uint64_t worker_;
  const std::int64_t ahead_of_steady_;  // the same in all journals
  mutable std::mutex mutex_;            // guards what follows
  RequestRing ring_;
  ClientTable table_{kMostClients};
  std::uint64_t last_id_ = 0;
};

}  // namespace cachearr::client
