// Requests that wait for one upstream: by priority, then fair between clients, then first come first
// served. A plain ordered structure without time; one owner.
//
// Fair: inside a priority each client's waiting requests get consecutive round numbers, starting behind the round that
// was served last, and lower rounds go first (start-time fair queueing). So the first request of a client that asks
// once goes before the second one of a client that asks a thousand times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include <cachearr/clock.hpp>

#include "limit/rate_config.hpp"

namespace cachearr::limit {

/// Names one request towards an upstream, from asking to its end; given out by the registry, never twice.
using Ticket = std::uint64_t;

struct Waiter {
  Ticket ticket = 0;
  Priority priority = Priority::interactive;
  std::uint64_t client = 0;  // who asks: any number that tells clients apart
  TimePoint deadline{};      // not worth anything after this
  bool grab = false;
};

class WaitQueue {
 public:
  explicit WaitQueue(std::size_t longest) : longest_{longest} {}

  bool empty() const noexcept { return order_.empty(); }
  std::size_t size() const noexcept { return order_.size(); }
  std::size_t size(Priority priority) const noexcept { return counts_[static_cast<std::size_t>(priority)]; }
  void set_longest(std::size_t longest) noexcept { longest_ = longest; }

  /// How many would go before a newcomer.
  std::size_t ahead_of(Priority priority, std::uint64_t client) const;
  /// Lines up. Where the queue is full the one that would go last has to leave and is returned: it may be the newcomer.
  std::optional<Waiter> push(const Waiter& waiter);
  /// Who was taken out as the next to go has not gone: before all others of its priority, in the order of arrival.
  void put_back(const Waiter& waiter);
  /// REQUIRES: !empty().
  const Waiter& front() const noexcept { return order_.begin()->second; }
  Waiter pop_front();
  std::optional<Waiter> remove(Ticket ticket);

  /// Calls `leaves(waiter, position)` for each in order, position 1 being the next to go; those for which it is true
  /// leave, and are not counted in the positions of those behind.
  template <class F>
  void remove_if(F&& leaves) {
    std::uint64_t position = 1;
    for (auto at = order_.begin(); at != order_.end();) {
      const auto here = at++;
      if (leaves(here->second, position)) {
        forget(here);
      } else {
        ++position;
      }
    }
  }

 private:
  using Key = std::tuple<Priority, std::uint64_t, std::uint64_t>;  // priority, round, arrival
  using Order = std::map<Key, Waiter>;
  struct ClientKey {
    Priority priority;
    std::uint64_t client;
    friend bool operator==(const ClientKey&, const ClientKey&) = default;
  };
  struct ClientHash {
    std::size_t operator()(const ClientKey& key) const noexcept {
      return std::hash<std::uint64_t>{}(key.client * 4 + static_cast<std::uint64_t>(key.priority));
    }
  };
  struct Share {
    std::uint64_t round = 0;  // of its last request in line
    std::size_t waiting = 0;
  };
  std::uint64_t next_round(Priority priority, std::uint64_t client) const;
  void forget(Order::iterator at);

  std::size_t longest_;
  Order order_;
  std::unordered_map<Ticket, Key> keys_;
  std::unordered_map<ClientKey, Share, ClientHash> shares_;
  std::array<std::uint64_t, kPriorities> served_{};  // round that was served last
  std::array<std::size_t, kPriorities> counts_{};
  std::uint64_t arrivals_ = 0;
};

}  // namespace cachearr::limit
