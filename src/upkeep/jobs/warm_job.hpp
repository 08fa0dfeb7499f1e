// One warm-up at work, as a state machine: a lane for each upstream, asked one step after another; what the lists give
// is added behind. Pure: time and results are passed in, so that hours can be played through in a test.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "fetch/errand.hpp"
#include "upkeep/jobs/warm_plan.hpp"

namespace cachearr::upkeep {

/// A warm-up as it is told of.
struct WarmJob {
  enum class State : std::uint8_t { running, done, failed, cancelled };
  std::uint64_t id = 0;
  WarmWish wish;
  std::string cause;  // "request", "startup" or "schedule"
  State state = State::running;
  TimePoint began{};
  std::optional<TimePoint> ended;
  std::uint64_t fetched = 0, fresh = 0, left_out = 0, failed = 0;  // steps that are done
  std::uint64_t total = 0;                                         // steps that are known of
  bool total_is_known = false;                                     // all lists have come
  std::optional<TimePoint> waits_until;                            // the budget leaves nothing before
  std::string problem;                                             // the last one, a sentence; empty: none

  std::uint64_t done() const noexcept { return fetched + fresh + left_out + failed; }
};
std::string_view name_of(WarmJob::State state) noexcept;

/// Steps a minute over a stretch of time; 0: nothing is known yet.
double pace_of(std::uint64_t steps, Duration took) noexcept;
/// When a running job will be through at that pace; none: nobody knows.
std::optional<TimePoint> ends_about(const WarmJob& job, double per_minute, TimePoint now);

class WarmRun {
 public:
  struct Errand {
    std::string upstream;
    std::string target;
    std::optional<std::size_t> list;  // its answer gives further steps
  };

  WarmRun(WarmJob job, WarmPlan plan);
  const WarmJob& job() const noexcept { return job_; }
  const WarmList& list(std::size_t index) const { return lists_.at(index); }
  bool is_over() const noexcept { return job_.state != WarmJob::State::running; }
  /// What may be asked now, of an upstream that is not `busy`; it is under way then. None: nothing, now.
  std::optional<Errand> next(TimePoint now, const std::set<std::string>& busy);
  /// When the next lane that waits for its budget may go on.
  std::optional<TimePoint> look_again_at() const;
  /// How the errand of this upstream went. `later` leaves it where it is.
  void took(const std::string& upstream, const fetch::ErrandResult& result, TimePoint now);
  /// What a list gave; none: it was no list.
  void add(std::size_t list, std::optional<std::vector<WarmStep>> steps, TimePoint now);
  void cancel(TimePoint now);

  /// Where the plan is complete, it can be taken up after a restart.
  bool can_be_kept() const noexcept { return lists_left_ == 0; }
  std::string encode_plan() const;
  std::string encode_progress() const;
  /// None: these are not its bytes.
  static std::optional<WarmRun> restore(WarmJob job, std::string_view plan, std::string_view progress);

 private:
  struct Item {
    std::string target;
    std::optional<std::size_t> list;
  };
  struct Lane {
    std::string upstream;
    std::vector<Item> items;
    std::size_t next = 0;
    bool asked = false;  // items[next] is under way
    std::optional<TimePoint> not_before;
    unsigned failures = 0;  // in a row
    bool is_through() const noexcept { return next >= items.size(); }
  };
  Lane& lane(const std::string& upstream);
  void append(const WarmStep& step, std::optional<std::size_t> list);
  void count(fetch::ErrandResult::Kind kind);
  void give_up(Lane& lane);
  void list_failed();
  void settle(TimePoint now);

  WarmJob job_;
  std::vector<WarmList> lists_;
  std::vector<Lane> lanes_;
  std::size_t lists_left_ = 0;
  bool lacks_list_ = false;
};

/// A finished or running job as bytes, and back.
std::string encode_job(const WarmJob& job);
std::optional<WarmJob> decode_job(std::string_view bytes);

}  // namespace cachearr::upkeep
