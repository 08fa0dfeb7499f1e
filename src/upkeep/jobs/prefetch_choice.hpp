// Which stored answers are asked for again before their end: the most used of those that end soon, as far as it pays.
// To ask ahead never saves a call; it spares clients the wait. So it is done only where many will be spared for one
// call. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "fetch/request_book.hpp"
#include "store/store.hpp"

namespace cachearr::upkeep {

/// Whether asking ahead pays for one rule: what was asked ahead and then used, and what never was.
class PrefetchWorth {
 public:
  static constexpr std::uint64_t kEnough = 20;    // fewer say nothing
  static constexpr std::uint64_t kFairShare = 5;  // fewer than one in five were used: it ends
  static constexpr std::chrono::hours kPause{24};

  void count(bool useful, TimePoint now);
  /// It has ended, and is not to be tried again yet.
  bool is_ended(TimePoint now) const noexcept { return ended_until_ && now < *ended_until_; }
  std::optional<TimePoint> ended_until() const noexcept { return ended_until_; }
  std::uint64_t useful() const noexcept { return useful_; }  // since the start
  std::uint64_t useless() const noexcept { return useless_; }

 private:
  std::uint64_t useful_ = 0, useless_ = 0;
  std::uint64_t lately_useful_ = 0, lately_useless_ = 0;  // since it was last judged anew
  std::optional<TimePoint> ended_until_;
};
/// So many have to be expected in the next life for one more call.
constexpr double kAsksForAnswer = 8;
constexpr double kAsksForConfirmation = 4;  // where the answer has a validator: what is unchanged costs a 304

/// By upstream and rule.
using PrefetchWorths = std::map<std::pair<std::string, std::string>, PrefetchWorth>;

struct PrefetchCandidate {
  Hash128 id;
  std::string key;
  std::uint32_t hits = 0;
  fetch::RememberedRequestPtr request;
  TimePoint due{};  // shortly before its end: earlier would cost more calls
};

struct PrefetchChoice {
  std::vector<PrefetchCandidate> taken;  // the most used first
  // What ends soon and matches, but is left alone:
  std::uint64_t unknown = 0;    // nobody knows any more by which request it came
  std::uint64_t unasked = 0;    // nobody has asked in its last two lives
  std::uint64_t seldom = 0;     // it is asked for, but too seldom to pay
  std::uint64_t not_worth = 0;  // of rules for which it has ended
  std::uint64_t beyond = 0;     // others are used more
};

class PrefetchPicker {
 public:
  struct Terms {
    TimePoint now;
    Duration interval;
    const std::vector<std::string>& patterns;
    std::size_t most = 100;
    std::function<fetch::RememberedRequestPtr(const Hash128&)> find;
    const PrefetchWorths& worths;
  };
  explicit PrefetchPicker(Terms terms) : terms_{std::move(terms)} {}
  void offer(const store::KeyView& view);
  PrefetchChoice finish();

 private:
  bool is_meant(const store::KeyView& view) const;

  const Terms terms_;
  PrefetchChoice choice_;
};

/// When to ask for what lives so long and ends then: a twentieth of its life before, within bounds.
TimePoint due_before(TimePoint end, Duration life) noexcept;

/// The next time it is so long after midnight, by the local clock.
TimePoint next_daily(Duration after_midnight, TimePoint now);

}  // namespace cachearr::upkeep
