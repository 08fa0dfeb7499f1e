// What a channel is still to be told, as bytes for the store, and back.
#include <algorithm>

#include "upkeep/notify/channel_queue.hpp"

namespace cachearr::upkeep {

namespace {

using limit::StateReader;
using limit::StateWriter;

constexpr std::uint64_t kMostTold = 10'000;

void write_notification(StateWriter& to, const Notification& notification) {
  for (const auto* const text : {&notification.event, &notification.id, &notification.severity, &notification.title,
                                 &notification.message, &notification.advice})
    to.text(*text);
  to.time(notification.at);
}

Notification read_notification(StateReader& from) {
  Notification notification;
  for (auto* const text : {&notification.event, &notification.id, &notification.severity, &notification.title,
                           &notification.message, &notification.advice})
    *text = from.text();
  notification.at = from.time();
  return notification;
}

}  // namespace

void ChannelQueue::write(StateWriter& to) const {
  to.number(queue_.size());
  for (const auto& notification : queue_) write_notification(to, notification);
  to.number(told_.size());
  for (const auto& [alert, told] : told_) {
    to.text(alert);
    to.time(told.last);
    to.number(told.firing ? 1 : 0);
    to.number(told.held ? 1 : 0);
    if (told.held) write_notification(to, *told.held);
  }
}

bool ChannelQueue::read(StateReader& from) {
  ChannelQueue next;
  const auto waiting = std::min<std::uint64_t>(from.number(), kMost);
  for (std::uint64_t i = 0; i < waiting && from.ok(); ++i) next.queue_.push_back(read_notification(from));
  const auto alerts = std::min(from.number(), kMostTold);
  for (std::uint64_t i = 0; i < alerts && from.ok(); ++i) {
    auto& told = next.told_[std::string{from.text()}];
    told.last = from.time();
    told.firing = from.number() != 0;
    if (from.number() != 0) told.held = read_notification(from);
  }
  if (!from.ok()) return false;
  queue_ = std::move(next.queue_);
  told_ = std::move(next.told_);
  return true;
}

}  // namespace cachearr::upkeep
