// What a webhook does: it invalidates what its application says has changed, there and at every other upstream, and
// asks again for what is asked for often. Any thread that may wait for the disk; never an event loop.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "caching/invalidation.hpp"
#include "fetch/errand.hpp"
#include "fetch/request_book.hpp"
#include "pipeline/config_snapshot.hpp"
#include "store/store.hpp"
#include "upkeep/webhook/webhook_message.hpp"

namespace cachearr::upkeep {

/// What the upstream's own rules name goes at once; answers about the same film, series or artist, whoever they came
/// from, are marked stale: they may serve once more while they are asked for again. Pure.
std::vector<caching::Invalidation> invalidations_of(const WebhookMessage& message,
                                                    const pipeline::ConfigSnapshot& snapshot,
                                                    const rules::Upstream& upstream);

inline constexpr std::size_t kMostRefreshed = 20;
/// Hits within the life of an answer that make it worth asking again at once.
inline constexpr std::uint32_t kOften = 2;
/// An answer that is worth asking for again, and how.
struct OftenAsked {
  Hash128 id;
  fetch::RememberedRequestPtr request;
  std::uint32_t hits = 0;
};
/// Of the answers in memory that these name, but for indexers', those with the most hits. Before they are invalidated.
std::vector<OftenAsked> often_asked(const store::Store& store, const fetch::RequestBook& book,
                                    std::span<const caching::Invalidation> named);

struct WebhookPlaces {
  store::Store& store;
  const fetch::RequestBook& book;
  std::span<fetch::FetchContext* const> workers;
};
struct WebhookOutcome {
  std::uint64_t invalidations = 0;  // how many were made
  std::uint64_t purged = 0;         // answers that they named, counted for each
  std::size_t refreshing = 0;
};
/// The error: the disk did not take an invalidation, which is in force all the same.
Result<WebhookOutcome> take_webhook(const WebhookMessage& message, const pipeline::SnapshotPtr& snapshot,
                                    const rules::Upstream& upstream, const WebhookPlaces& places);

}  // namespace cachearr::upkeep
