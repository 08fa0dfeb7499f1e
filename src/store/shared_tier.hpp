// What several instances share, as those who fetch see it: answers that another instance has, and invalidations that
// all are to hear of. All calls are thread-safe and none waits. A tier that is away is empty; it fails no request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "caching/invalidation.hpp"
#include "store/entry.hpp"

namespace cachearr::store {

/// Which invalidations of all instances were in force here at a moment; 0: nothing of it is known.
using SharedMoment = std::uint64_t;

/// Whoever holds one fetches an answer for all instances; its end lets those of them go on that wait: each for itself
/// where the answer is for nobody else, and one in place of this one where none was asked for.
struct ClaimedFetch {
  bool asked = false;                            // the upstream has answered, or failed
  std::uint64_t most_bytes = ~std::uint64_t{0};  // a larger answer is for nobody else
  virtual ~ClaimedFetch() = default;
};
/// Null: nobody waits.
using FetchClaim = std::shared_ptr<ClaimedFetch>;

/// What becomes of an answer that is not there: one instance fetches it for all, whoever looks is on its own, or nobody
/// else can give it, which is worth the longest of waits.
enum class WhereMissing : std::uint8_t { claimed, left, lost };

class SharedTier {
 public:
  using Found = std::function<void(EntryPtr, FetchClaim)>;
  virtual ~SharedTier() = default;

  /// True where a look-up is worth its time: connected, up to date, and quick of late.
  virtual bool may_ask() const noexcept = 0;
  /// Looks for it and calls `done` on a thread of the tier: in time, with null where it is not there. Where it is to be
  /// claimed and another instance fetches it just now, that may take as long as a fetch. What is found is in the store
  /// by then, unless something that was invalidated since `generation` keeps it out; what comes too late goes there,
  /// too. Not called any more once the tier has stopped.
  virtual void find(std::string identity, std::uint32_t generation, WhereMissing missing, Found done) = 0;
  /// To be taken when the origin is asked, and given to put() with its answer.
  virtual SharedMoment moment() const noexcept = 0;
  /// Shares what has just been stored here, where it is worth it.
  virtual void put(EntryPtr entry, SharedMoment asked_at) = 0;
  /// Tells all others. Before it is put in force here: a look-up that begins after that must know of it.
  virtual void announce(const caching::Invalidation& what) = 0;
  /// Tells nobody; but what others, or this instance, have shared before does not bring it back here: it may name
  /// answers of other upstreams than the one where it began. As announce(), before it is put in force here.
  virtual void keep_out(const caching::Invalidation& what) = 0;
};

/// `for_all`: what happened means the same for all instances.
inline void tell_tier(SharedTier* tier, const caching::Invalidation& what, bool for_all) {
  if (!tier) return;
  if (for_all)
    tier->announce(what);
  else
    tier->keep_out(what);
}

}  // namespace cachearr::store
