// What one channel is still to be told, and when: at most one message for each alert and hour, and growing pauses where
// its service does not take it. A pure state machine, time is passed in; the notifier puts a lock around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/state_codec.hpp"
#include "upkeep/notify/notification.hpp"

namespace cachearr::upkeep {

class ChannelQueue {
 public:
  static constexpr std::size_t kMost = 100;
  /// An alert that fires again within so long is told when this is over, and not at all where it resolves before.
  static constexpr Duration kQuiet = std::chrono::hours{1};

  /// `events`: patterns of what the channel wants. What waits is tried again at once.
  void configure(std::vector<std::string> events, Duration retry_after, TimePoint now);
  /// False: there are too many that wait, this one is lost.
  bool offer(const Notification& notification, TimePoint now);

  /// What is to be sent now; it is under way until settle(). None: nothing is due.
  std::optional<Notification> take(TimePoint now);
  enum class Outcome : std::uint8_t { delivered, failed, refused };  // refused: trying again will not help
  enum class Fate : std::uint8_t { done, tried_again, given_up };
  /// How sending ended. `at_least`: the pause that the service asks for.
  Fate settle(Outcome outcome, TimePoint now, Duration at_least = Duration{0});
  /// When take() may have something; none: only after another call.
  std::optional<TimePoint> next() const;

  /// What waits and what was told, for the store. What is under way counts as waiting: told twice is better than never.
  void write(limit::StateWriter& to) const;
  /// Takes over what write() gave. False: these are not its bytes, and nothing was taken over.
  bool read(limit::StateReader& from);

  std::size_t waiting() const noexcept { return queue_.size(); }
  std::size_t tries() const noexcept { return tries_; }  // of the first of them

 private:
  /// What was told of one alert.
  struct Told {
    TimePoint last{};
    bool firing = false;
    std::optional<Notification> held;  // fired again, too early
  };

  bool is_wanted(const Notification& notification) const;
  bool push(const Notification& notification);
  bool offer_fired(const Notification& notification, TimePoint now);
  bool offer_resolved(const Notification& notification, TimePoint now);
  void release_held(TimePoint now);
  void forget_old(TimePoint now);

  std::vector<std::string> events_;
  Duration retry_after_{};
  std::deque<Notification> queue_;  // in the order of their events, so the first holds up the others
  bool under_way_ = false;
  std::size_t tries_ = 0;
  TimePoint due_{};
  std::map<std::string, Told> told_;  // by alert
};

}  // namespace cachearr::upkeep
