// What happened over time: rollups of 10 s for an hour, 1 min for a day, 10 min for a week, 1 h for 90 days.
//
// Rows lie in segments of the store's state, a ring of them for each length, so that a new row rewrites little. A
// coarser row is made of finer ones once its time is over; so a restart, or a kill, loses at most what the last row
// would have held. Owned by the application; record() is for one thread at a time, all else for any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include <cachearr/clock.hpp>

#include "store/store.hpp"
#include "upkeep/history/row_codec.hpp"

namespace cachearr::upkeep {

/// A length of rows: its seconds, how many lie in a segment, how many segments are kept.
struct HistoryLevel {
  std::int64_t step, rows, segments;
  constexpr std::int64_t span() const noexcept { return step * rows; }
  /// Seconds that are kept for sure: the newest segment may have begun just now.
  constexpr std::int64_t kept() const noexcept { return span() * (segments - 1); }
};
inline constexpr std::array<HistoryLevel, 4> kHistoryLevels{
    {{10, 30, 13}, {60, 60, 25}, {600, 72, 15}, {3600, 48, 46}}};

/// Seconds since 1970, rounded down to a multiple of `step`.
constexpr std::int64_t begin_of(std::int64_t at, std::int64_t step) noexcept { return at - at % step; }
std::int64_t seconds_of(TimePoint at) noexcept;

class History {
 public:
  using Visit = std::function<void(std::int64_t begin, const Sample& row)>;

  /// Under which names the store keeps it.
  static std::vector<std::string> state_names();

  explicit History(store::Store& store) : store_{store} {}
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// Takes over what the store has kept; what cannot be read is dropped, and the log says so. Once, before all else.
  void restore(TimePoint now);
  /// True once the time of the row under way is over.
  bool is_due(TimePoint now) const;
  /// Ends the row under way. `totals`: what was counted since the start of the process.
  void record(const Sample& totals, TimePoint now);
  /// Ends the row under way before its time, as the process ends.
  void finish(const Sample& totals, TimePoint now);

  /// Calls `visit` with what is kept of [from, to), in order, in rows of the level or, where these are not made yet, in
  /// finer ones.
  void visit(std::size_t level, std::int64_t from, std::int64_t to, const Visit& visit) const;
  /// All of the last `seconds` and of the row under way together. Looks into the shortest rows that reach back so far.
  Sample last(std::int64_t seconds, const Sample& totals, TimePoint now) const;

 private:
  /// The newest segment of a level.
  struct Open {
    std::optional<SegmentName> name;
    std::string bytes;
    std::int64_t last = -1;  // place of the last row
  };
  /// The row that has not ended, and since when it is.
  struct UnderWay {
    std::int64_t begin = 0;
    Sample row;
  };
  UnderWay under_way(const Sample& totals) const;
  void take_over(std::size_t level, std::int64_t now, std::size_t& dropped);
  bool append(std::size_t level, std::int64_t begin, const Sample& row);
  void roll_up(std::size_t level, std::int64_t now);
  void visit_rows(std::size_t level, std::int64_t from, std::int64_t to, const Visit& visit) const;
  std::int64_t rolled_until(std::size_t level) const;

  store::Store& store_;
  mutable std::mutex mutex_;  // guards the rest; held for no decoding
  std::array<Open, kHistoryLevels.size()> open_;
  std::array<std::int64_t, kHistoryLevels.size()> rolled_{};  // coarser rows are made up to here
  Sample before_;                                             // totals at the end of the last row
  std::int64_t begin_ = 0;                                    // of the row under way
};

}  // namespace cachearr::upkeep
