#include "upkeep/notify/channel_queue.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace cachearr::upkeep {

namespace {

/// Pauses after each failure, in units of the first: 5 s, 30 s, 2 min, 10 min, 30 min.
constexpr std::array<int, 5> kPauses{1, 6, 24, 120, 360};
constexpr Duration kLongestPause = std::chrono::hours{1};

}  // namespace

void ChannelQueue::configure(std::vector<std::string> events, Duration retry_after, TimePoint now) {
  events_ = std::move(events);
  retry_after_ = retry_after;
  tries_ = 0;
  due_ = now;
}

bool ChannelQueue::is_wanted(const Notification& notification) const {
  return std::any_of(events_.begin(), events_.end(),
                     [&](const std::string& pattern) { return text::glob_match(pattern, notification.event); });
}

bool ChannelQueue::push(const Notification& notification) {
  if (queue_.size() >= kMost) return false;
  queue_.push_back(notification);
  return true;
}

bool ChannelQueue::offer(const Notification& notification, TimePoint now) {
  if (!is_wanted(notification)) return true;
  release_held(now);
  forget_old(now);
  if (is_fired(notification)) return offer_fired(notification, now);
  if (is_resolved(notification)) return offer_resolved(notification, now);
  return push(notification);
}

bool ChannelQueue::offer_fired(const Notification& notification, TimePoint now) {
  const auto known = told_.find(notification.id);
  if (known != told_.end() && now < known->second.last + kQuiet) {
    known->second.held = notification;
    return true;
  }
  if (!push(notification)) return false;
  told_[notification.id] = {now, true, std::nullopt};
  return true;
}

/// It follows what was told of firing. Where nothing is known, an earlier run of the program may have told it.
bool ChannelQueue::offer_resolved(const Notification& notification, TimePoint now) {
  const auto known = told_.find(notification.id);
  if (known == told_.end()) {
    told_[notification.id] = {now, false, std::nullopt};
    return push(notification);
  }
  known->second.held.reset();
  return !std::exchange(known->second.firing, false) || push(notification);
}

void ChannelQueue::release_held(TimePoint now) {
  for (auto& [id, told] : told_) {
    if (!told.held || now < told.last + kQuiet || !push(*told.held)) continue;
    told = {now, true, std::nullopt};
  }
}

void ChannelQueue::forget_old(TimePoint now) {
  std::erase_if(told_, [now](const auto& each) {
    const auto& told = each.second;
    return !told.firing && !told.held && now >= told.last + kQuiet;
  });
}

std::optional<Notification> ChannelQueue::take(TimePoint now) {
  release_held(now);
  if (under_way_ || queue_.empty() || now < due_) return std::nullopt;
  under_way_ = true;
  return queue_.front();
}

ChannelQueue::Fate ChannelQueue::settle(Outcome outcome, TimePoint now, Duration at_least) {
  under_way_ = false;
  if (outcome == Outcome::failed && tries_ < kPauses.size()) {
    due_ = now + std::max(retry_after_ * kPauses[tries_], std::min(at_least, kLongestPause));
    ++tries_;
    return Fate::tried_again;
  }
  queue_.pop_front();
  tries_ = 0;
  due_ = now;
  return outcome == Outcome::delivered ? Fate::done : Fate::given_up;
}

std::optional<TimePoint> ChannelQueue::next() const {
  std::optional<TimePoint> first;
  if (!under_way_ && !queue_.empty()) first = due_;
  const bool room = queue_.size() < kMost;
  for (const auto& [id, told] : told_) {
    if (told.held && room) first = std::min(first.value_or(told.last + kQuiet), told.last + kQuiet);
  }
  return first;
}

}  // namespace cachearr::upkeep
