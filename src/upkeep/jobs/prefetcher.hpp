// Prefetch on schedule: asks for what is used most shortly before its end, tells whether that was of use, and ends by
// itself where it was not. Also starts the daily warm-ups that the settings name.
//
// Owned by the application; thread-safe. A thread of its own looks through the store (never for more than a hundredth
// of the time) and asks one upstream one thing at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "metrics/metrics.hpp"
#include "pipeline/config_snapshot.hpp"
#include "store/store.hpp"
#include "upkeep/jobs/errands.hpp"
#include "upkeep/jobs/prefetch_choice.hpp"

namespace cachearr::upkeep {

/// How it goes, for the API.
struct PrefetchStatus {
  std::uint64_t rounds = 0;
  std::optional<TimePoint> last_round;
  PrefetchChoice last;  // of that round; its candidates left out
  std::uint64_t last_taken = 0;
  std::size_t watched = 0;  // asked ahead, and not known yet whether of use
  PrefetchWorths worths;
};

class Prefetcher {
 public:
  struct Parts {
    const store::Store& store;
    const Clock& clock;
    std::function<pipeline::SnapshotPtr()> current;
    const fetch::RequestBook& book;
    SendErrand send;
    std::function<void(metrics::Prefetch result, std::uint64_t by)> count;
    std::function<void(const std::vector<std::string>& patterns)> warm_up;  // the time of a daily one has come
  };

  explicit Prefetcher(Parts parts);
  ~Prefetcher() { stop(); }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  void start();
  void stop();
  PrefetchStatus status() const;
  /// What the thread does over and over. For tests; never beside start().
  void step();

 private:
  /// An entry of the settings and when it is due.
  struct Plan {
    PrefetchConfig entry;
    Duration interval{};
    TimePoint due{};
  };
  /// Asked ahead: was it of use?
  struct Watched {
    std::pair<std::string, std::string> rule;
    std::uint32_t hits = 0;
    std::optional<TimePoint> end;
    bool seen = true;
  };
  struct Arrived {
    PrefetchCandidate candidate;
    fetch::ErrandResult result;
  };
  struct Lane {
    std::vector<PrefetchCandidate> waiting;  // the last due first
    bool asked = false;
  };

  void run(const std::stop_token& stop);
  void follow_settings(const CacheConfig& config, TimePoint now);
  void take(const Arrived& arrived);
  void begin_rounds(TimePoint now);
  void look(const std::vector<const Plan*>& due, TimePoint now);
  void judge(const store::KeyView& view, TimePoint now);
  void judge_unseen(TimePoint now);
  void settle(const Hash128& id, bool useful, TimePoint now);
  bool must_judge(TimePoint now) const;
  void queue(PrefetchChoice choice, TimePoint now);
  std::optional<PrefetchCandidate> next_due(Lane& lane, TimePoint now) const;
  void send(TimePoint now);

  const Parts parts_;
  std::shared_ptr<Results<Arrived>> results_ = std::make_shared<Results<Arrived>>();
  // Of the thread:
  std::vector<PrefetchConfig> known_;
  Duration known_interval_{};
  std::vector<Plan> plans_;
  std::map<std::string, Lane> lanes_;  // by upstream
  std::unordered_map<Hash128, Watched> watched_;
  PrefetchWorths worths_;
  TimePoint next_look_{};
  mutable std::mutex mutex_;  // guards status_, which is a copy of the above
  PrefetchStatus status_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace cachearr::upkeep
