// The feeds of events of all upstreams that have one, on a thread of their own.
//
// Owned by the application, which configures it at start and at each reload; any thread may ask for the status.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "net/worker.hpp"
#include "origin/connections.hpp"
#include "pipeline/config_snapshot.hpp"
#include "store/shared_tier.hpp"
#include "store/store.hpp"
#include "upkeep/feed/feed.hpp"

namespace cachearr::upkeep {

class EventFeeds {
 public:
  /// All of them outlive this. `tier`: null where nothing is shared.
  EventFeeds(store::Store& store, store::SharedTier* tier, const Clock& clock, const origin::DialSettings& dial);
  ~EventFeeds();
  EventFeeds(const EventFeeds&) = delete;
  EventFeeds& operator=(const EventFeeds&) = delete;

  /// What an earlier process stored for long has heard of no change since: stale from now on. Before anything is asked
  /// for.
  void forget(const rules::RuleSet& rules);
  /// These upstreams from now on, and these rules. A feed whose upstream stays as it is goes on.
  void configure(pipeline::SnapshotPtr snapshot);
  void start();
  /// Ends the thread; what is connected is closed.
  void stop();

  std::vector<FeedStatus> status() const;

 private:
  net::Task<> tick_forever();
  void apply(pipeline::SnapshotPtr snapshot);
  FeedHooks hooks_of(const std::string& upstream);
  std::size_t act(const std::string& upstream, const rules::Message& message);
  bool note_version(const std::string& upstream, const rules::Message& message);
  void invalidate(const std::string& upstream, const caching::Invalidation& what);
  const rules::Upstream* upstream_named(const std::string& name) const;

  store::Store& store_;
  store::SharedTier* tier_;
  const Clock& clock_;
  net::Worker loop_{0};
  std::unique_ptr<origin::Connections> connections_;
  pipeline::SnapshotPtr snapshot_;  // of the loop's thread, once it runs
  mutable std::mutex mutex_;        // guards the one below; held for a copy
  std::map<std::string, std::shared_ptr<Feed>> feeds_;
};

/// The upstreams of these that have a feed.
std::vector<FeedTarget> feed_targets(const pipeline::ConfigSnapshot& snapshot);

}  // namespace cachearr::upkeep
