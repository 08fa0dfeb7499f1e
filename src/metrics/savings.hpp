// What the cache has saved each client of each upstream, since the start: cells of one worker, written by it alone,
// read by whoever asks.
//
// A session looks its client up once and keeps the reference, which stays valid as long as the worker's cells; each
// further count is an index and a few additions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/cell.hpp"

namespace cachearr::metrics {

struct SavingsCells {
  Cell calls, bytes, quota_units, milliseconds;
  /// One call to the upstream that did not have to be made.
  void add(std::uint64_t its_bytes, std::uint64_t its_quota_units, std::uint64_t its_milliseconds) noexcept {
    calls.add();
    bytes.add(its_bytes);
    quota_units.add(its_quota_units);
    milliseconds.add(its_milliseconds);
  }
};

class SavingsTable;

/// The cells of one client, by the number of the upstream.
class ClientSavings {
 public:
  explicit ClientSavings(std::mutex& growth) noexcept : growth_{growth} {}
  /// REQUIRES: the worker's thread. Locks only where the number is new to this client.
  SavingsCells& of(std::uint32_t upstream) {
    if (upstream >= cells_.size()) grow(upstream);
    return cells_[upstream];
  }

 private:
  friend class SavingsTable;
  void grow(std::uint32_t upstream);
  std::mutex& growth_;
  std::deque<SavingsCells> cells_;
};

class SavingsTable {
 public:
  static constexpr std::size_t kMostClients = 256;
  /// The name of all clients beyond them.
  static constexpr std::string_view kOthers = "other";

  SavingsTable() : others_{mutex_} {}
  /// REQUIRES: the worker's thread.
  ClientSavings& of(const std::string& client);
  /// Calls `visit(client, upstream's number, cells)` for all there are. Any thread.
  template <class F>
  void for_each(F&& visit) const {
    const std::lock_guard lock{mutex_};
    for (const auto& [client, savings] : clients_) visit_all(client, savings, visit);
    visit_all(kOthers, others_, visit);
  }

 private:
  template <class F>
  static void visit_all(std::string_view client, const ClientSavings& savings, F& visit) {
    for (std::uint32_t i = 0; i < savings.cells_.size(); ++i) visit(client, i, savings.cells_[i]);
  }
  mutable std::mutex mutex_;  // guards growth of all below
  std::map<std::string, ClientSavings> clients_;
  ClientSavings others_;
};

}  // namespace cachearr::metrics
