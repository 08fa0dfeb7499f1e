// Everything that one request needs until its end. It owns the configuration snapshot that it was decided by, so that
// nothing it points to in the rules can go before it.
//
// Belongs to one request on one worker. Contexts are recycled: RequestContextPool keeps those that are done, with the
// memory of their strings, so that a hit allocates nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "caching/cache_control.hpp"
#include "caching/variant.hpp"
#include "http/cache_status.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"
#include "metrics/metrics.hpp"
#include "pipeline/route.hpp"
#include "rules/rule_set.hpp"
#include "store/entry.hpp"

namespace cachearr::pipeline {

/// What is to be done with a request.
enum class Disposition : std::uint8_t {
  refuse,      // `refusal` says why
  hit,         // `entry` answers, and is fresh
  stale_hit,   // `entry` answers though it is stale; `refresh` tells whether it is asked for again in the background
  revalidate,  // `entry` must be confirmed by the origin
  fetch,       // nothing usable is stored
  pass,        // this request does not go through the cache
  tunnel       // bytes are relayed unseen
};

struct RequestContext {
  SnapshotPtr snapshot;                    // first: what follows points into it
  http::Owned<http::RequestHead> request;  // looks into the connection's input until it is owned
  http::Framing framing;
  TimePoint now;                                  // when it was decided
  std::chrono::steady_clock::time_point started;  // when its head was complete

  Route route;
  rules::Verdict verdict;
  rules::Captures captures;
  rules::KeyParts key;           // of the resource
  caching::VariantName variant;  // the one that this request selects; the resource's own where it does not vary
  caching::RequestDirectives directives;
  store::EntryPtr entry;
  bool from_disk = false;     // `entry` was found in the slow tier
  std::uint8_t codings = 0;   // the content::CodingSet that the client takes; 0: not looked at yet
  bool hit_for_miss = false;  // the last answer could not be stored: do not collapse

  Disposition disposition = Disposition::refuse;
  bool refresh = false;                       // stale_hit: ask for it again in the background
  std::optional<metrics::StaleReason> stale;  // stale_hit: why; none: the request itself allowed it (max-stale)
  http::Forward forward = http::Forward::none;
  std::string_view detail;  // of Cache-Status
  Refusal refusal;

  const http::RequestHead& head() const noexcept { return request.head; }
  bool is_served() const noexcept { return disposition == Disposition::hit || disposition == Disposition::stale_hit; }
  caching::ResourceName resource() const noexcept { return {key.identity, key.id}; }
  /// The metrics label of its rule and upstream, as its own snapshot has them.
  std::uint32_t label(metrics::Metrics& metrics) const { return snapshot->labels->index_of(verdict, metrics); }

  /// The number of its upstream, likewise.
  std::uint32_t upstream_number(metrics::Metrics& metrics) const {
    return snapshot->labels->upstream_number_of(verdict, metrics);
  }

  /// As good as new, by `next`; strings keep their memory.
  void reset(const SnapshotPtr& next);
};

class RequestContextPool;

struct ReturnToPool {
  RequestContextPool* pool = nullptr;
  void operator()(RequestContext* context) const noexcept;
};
using RequestContextPtr = std::unique_ptr<RequestContext, ReturnToPool>;

/// One for each worker, touched only on its thread; outlives what it hands out.
class RequestContextPool {
 public:
  RequestContextPtr take(const SnapshotPtr& snapshot);
  /// Lets go of the contexts that wait here, and of the snapshots that they hold.
  void clear() noexcept { free_.clear(); }

 private:
  friend struct ReturnToPool;
  static constexpr std::size_t kMost = 64;
  std::vector<std::unique_ptr<RequestContext>> free_;
};

}  // namespace cachearr::pipeline
