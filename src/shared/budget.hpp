// The limits that instances share, at work: draws, beats and what is done without a server.
//
// Owned by the application beside the tier, on whose thread it runs; outlives that thread. The calls of
// limit::SharedBudget and those that say so come from any thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/shared_budget.hpp"
#include "shared/draw.hpp"
#include "shared/roster.hpp"
#include "shared/script.hpp"
#include "shared/tier.hpp"

namespace cachearr::shared {

struct BudgetOptions {
  enum class WhenAway : std::uint8_t { share, full, refuse } when_away = WhenAway::share;
  std::size_t instances = 0;  // 0: as many as were seen
  std::size_t seen = 1;       // by an earlier process
  std::function<void(std::size_t)> keep_seen = [](std::size_t) {};
};

/// How one lane is, for people.
struct LaneStatus {
  std::string upstream;
  Standing standing = Standing::joining;
  std::size_t members = 1;
  std::uint64_t draws = 0;                     // that were answered
  const limit::KeyLimiter* limiter = nullptr;  // whose; only to be compared
  std::optional<std::uint64_t> tokens = {};    // there at the last answer; none: it has no rate
  std::vector<std::uint64_t> left = {};        // of each quota, likewise
  bool is_alone = false;                       // all others have another secret, and so other lanes
};
std::string_view state_of(const LaneStatus& lane) noexcept;

class Budget final : public limit::SharedBudget {
 public:
  using Apply = std::function<void(limit::Effects&&)>;
  /// `apply` is what carries out the effects of limiters.
  Budget(Tier& tier, const Clock& clock, BudgetOptions options, Apply apply);
  ~Budget() override;
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Before the tier starts.
  void start();
  /// Nobody misses this instance. Before the tier stops; any thread.
  void say_goodbye();

  void draw(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name, const limit::Waiter& waiter,
            std::function<void(limit::DrawResult)> done) override;
  void pause(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name, bool grabs, TimePoint until,
             bool told) override;
  void forgive(const std::string& upstream) override;

  /// Any thread.
  std::vector<LaneStatus> status() const;

 private:
  struct Lane;
  struct Asked;
  using LanePtr = std::shared_ptr<Lane>;
  using AskedPtr = std::shared_ptr<Asked>;

  LanePtr lane_of(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name);
  void advance(const LanePtr& lane);
  void ask(const AskedPtr& asked);
  void send(const AskedPtr& asked);
  void take(const AskedPtr& asked, const Reply* reply);
  void take_answer(const AskedPtr& asked, const DrawAnswer& answer);
  void hold_line(Lane& lane, const Asked& refused, const limit::DrawResult& result);
  // budget_pauses.cpp:
  void take_pauses(Lane& lane, const DrawAnswer& answer);
  bool was_ended(const Lane& lane, const DrawAnswer& answer, bool grabs) const;
  void take_pause(Lane& lane, const DrawAnswer& answer, bool grabs);
  void enter_pause(Lane& lane, TimePoint until, bool grabs);
  void tell_pause(Lane& lane, bool grabs, const Pause& pause);
  void tell_pause_again(Lane& lane, const DrawAnswer& answer, bool grabs, TimePoint until);
  void end_pauses(Lane& lane);
  void merge(const LanePtr& lane);
  void merged(const LanePtr& lane, const Reply* reply);
  void end(Asked& asked, const limit::DrawResult& result);
  void end_by_standing(Asked& asked);

  net::Task<> tick_forever();
  void tick();
  void tick_lane(const LanePtr& lane);
  void beat(const LanePtr& lane);
  void forget_idle();
  void link_changed(bool up);
  void no_answer(const LanePtr& lane, const std::string& why, Duration pause);
  void cut_off(const std::string& why, Duration pause);
  void cut_off_alone(const LanePtr& lane, const std::string& why, Duration pause);
  void cut_off_lane(Lane& lane);
  /// The server is there and will not do it: each goes by its share until it does.
  void refused(const LanePtr& by, const Reply& error);
  void probe();
  void probe_lane(const LanePtr& lane);
  void probe_with_a_beat(Link& link);
  void rejoin();
  void rejoin_lane(const LanePtr& lane);
  void go_away(Lane& lane);
  void publish();
  void count_members();

  TimePoint steady_now() const;
  std::optional<TimePoint> server_now(const Lane& lane) const;
  LaneHead head_of(const Lane& lane) const;
  std::string missing_for(const Lane& lane) const;
  std::size_t known_members() const;
  void run(const Script& script, const Lane& lane, const Words& words, Link::Done done);

  Tier& tier_;
  const Clock& clock_;
  BudgetOptions options_;
  Apply apply_;
  Script draw_, seed_, pause_;
  std::unordered_map<const limit::KeyLimiter*, LanePtr> lanes_;
  std::deque<AskedPtr> asked_;  // without an answer, oldest first
  bool up_ = false;             // draws are answered in time
  bool probing_ = false;
  TimePoint probe_at_{};  // not before
  LanePtr refused_{};     // a call for it was refused, and none has been answered since
  Duration refusal_pause_{15'000};
  TimePoint rejoined_{};
  TimePoint started_{};  // by steady_now()
  struct ServerTime {
    TimePoint server, steady;
  };
  std::optional<ServerTime> server_time_;  // of the last lane
  mutable std::mutex mutex_;               // guards status_; held for a copy
  std::vector<LaneStatus> status_;
};

}  // namespace cachearr::shared
