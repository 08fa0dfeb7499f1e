#include "limit/wait_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cachearr::limit {

std::uint64_t WaitQueue::next_round(Priority priority, std::uint64_t client) const {
  const auto share = shares_.find({priority, client});
  const auto served = served_[static_cast<std::size_t>(priority)];
  return 1 + (share == shares_.end() ? served : std::max(served, share->second.round));
}

std::size_t WaitQueue::ahead_of(Priority priority, std::uint64_t client) const {
  const Key key{priority, next_round(priority, client), arrivals_};
  return static_cast<std::size_t>(std::distance(order_.begin(), order_.lower_bound(key)));
}

std::optional<Waiter> WaitQueue::push(const Waiter& waiter) {
  const auto round = next_round(waiter.priority, waiter.client);
  const Key key{waiter.priority, round, arrivals_++};
  std::optional<Waiter> leaving;
  if (order_.size() >= longest_) {
    if (order_.empty() || std::prev(order_.end())->first < key) return waiter;
    leaving = std::prev(order_.end())->second;
    forget(std::prev(order_.end()));
  }
  order_.emplace(key, waiter);
  keys_.emplace(waiter.ticket, key);
  auto& share = shares_[{waiter.priority, waiter.client}];
  share.round = round;
  ++share.waiting;
  ++counts_[static_cast<std::size_t>(waiter.priority)];
  return leaving;
}

/// Rounds begin at 1, and tickets are given out in the order of arrival.
void WaitQueue::put_back(const Waiter& waiter) {
  const Key key{waiter.priority, 0, waiter.ticket};
  order_.emplace(key, waiter);
  keys_.emplace(waiter.ticket, key);
  ++shares_[{waiter.priority, waiter.client}].waiting;
  ++counts_[static_cast<std::size_t>(waiter.priority)];
}

Waiter WaitQueue::pop_front() {
  const auto first = order_.begin();
  const auto waiter = first->second;
  auto& served = served_[static_cast<std::size_t>(waiter.priority)];
  served = std::max(served, std::get<1>(first->first));
  forget(first);
  return waiter;
}

std::optional<Waiter> WaitQueue::remove(Ticket ticket) {
  const auto key = keys_.find(ticket);
  if (key == keys_.end()) return std::nullopt;
  const auto at = order_.find(key->second);
  const auto waiter = at->second;
  forget(at);
  return waiter;
}

void WaitQueue::forget(Order::iterator at) {
  const auto& waiter = at->second;
  const auto share = shares_.find({waiter.priority, waiter.client});
  if (--share->second.waiting == 0) shares_.erase(share);
  --counts_[static_cast<std::size_t>(waiter.priority)];
  keys_.erase(waiter.ticket);
  order_.erase(at);
}

}  // namespace cachearr::limit
