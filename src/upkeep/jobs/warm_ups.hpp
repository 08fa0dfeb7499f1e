// Warm-ups: fill the store before anybody asks, with what the budgets of the upstreams leave. Takes up after a restart
// what was under way.
//
// Owned by the application; thread-safe. A thread of its own sends one request at a time to each upstream. begin() and
// the rest may be called from any thread, but wait for its lock: never on an event loop of a worker.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <cachearr/clock.hpp>

#include "pipeline/config_snapshot.hpp"
#include "store/store.hpp"
#include "upkeep/jobs/errands.hpp"
#include "upkeep/jobs/warm_job.hpp"

namespace cachearr::upkeep {

/// A job and what is known of its pace.
struct WarmStatus {
  WarmJob job;
  double per_minute = 0;
  std::optional<TimePoint> ends_about;
};

class WarmUps {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    std::function<pipeline::SnapshotPtr()> current;
    const fetch::RequestBook& book;
    SendErrand send;
  };
  static constexpr std::size_t kMostKept = 20;

  explicit WarmUps(Parts parts);
  ~WarmUps() { stop(); }
  WarmUps(const WarmUps&) = delete;
  WarmUps& operator=(const WarmUps&) = delete;

  /// Takes over what the store has kept. Once, before start().
  void restore();
  /// Called on the thread of the warm-ups once for each that ends. REQUIRES: before start().
  void observe(std::function<void(const WarmJob&)> on_end) { on_end_ = std::move(on_end); }
  void start();
  void stop();

  struct Begun {
    WarmStatus status;
    bool is_new = false;  // else one of this kind was running already, and this is it
  };
  Begun begin(WarmWish wish, std::string cause);
  /// None: no such job. Ending what has ended changes nothing.
  std::optional<WarmStatus> cancel(std::uint64_t id);
  std::optional<WarmStatus> find(std::uint64_t id) const;
  /// The newest first.
  std::vector<WarmStatus> all() const;
  /// For each type the last one that ended, where that has failed.
  std::vector<WarmJob> last_failed() const;
  bool is_running(std::string_view type) const;

 private:
  /// A job under way.
  struct Active {
    WarmRun run;
    TimePoint since{};  // this process works on it
    std::uint64_t done_before = 0;
    bool plan_is_kept = false;
  };
  struct Arrived {
    std::uint64_t job;
    WarmRun::Errand errand;
    fetch::ErrandResult result;
  };

  void run(const std::stop_token& stop);
  void take(const Arrived& arrived);
  void send_locked();
  bool send_next_locked(Active& active, TimePoint now);
  void send_errand_locked(std::uint64_t id, const WarmRun::Errand& errand);
  void end_locked();
  void keep_locked();
  Duration wait_locked() const;
  WarmRun make_run(WarmJob job) const;
  WarmStatus status_of(const Active& active) const;
  Active* find_active(std::uint64_t id);
  void tell_ended();

  const Parts parts_;
  std::function<void(const WarmJob&)> on_end_;
  std::shared_ptr<Results<Arrived>> results_ = std::make_shared<Results<Arrived>>();
  mutable std::mutex mutex_;  // guards all below but the thread
  std::deque<Active> active_;
  std::deque<WarmJob> ended_;  // the newest first
  std::vector<WarmJob> untold_;
  std::set<std::string> busy_;  // upstreams that are being asked
  std::uint64_t last_id_ = 0;
  bool changed_ = false;  // since it was kept
  TimePoint kept_at_{};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace cachearr::upkeep
