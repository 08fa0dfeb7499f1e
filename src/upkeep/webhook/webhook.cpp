#include "upkeep/webhook/webhook.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "pipeline/sharing.hpp"
#include "store/ban_list.hpp"

namespace cachearr::upkeep {

using caching::Invalidation;
using fetch::ErrandResult;

namespace {

std::vector<store::Ban> bans_of(std::span<const Invalidation> named) {
  std::vector<store::Ban> bans;
  for (const auto& each : named) bans.push_back(store::make_ban(0, each));
  return bans;
}

bool is_named_by(std::span<const store::Ban> bans, const store::Entry& entry) {
  const auto target = store::target_of(entry);
  return std::any_of(bans.begin(), bans.end(), [&](const auto& ban) { return ban.names(target); });
}

/// Indexers count calls, and what an application has taken changes nothing about what they offer.
bool is_of_indexer(const store::Entry& entry) noexcept { return entry.type().starts_with("indexer"); }

/// Behind all that clients ask for, and only within what the upstream's budget leaves.
void ask_again(const OftenAsked& answer, const pipeline::SnapshotPtr& snapshot, const WebhookPlaces& places) {
  fetch::ErrandWish wish;
  wish.snapshot = snapshot;
  wish.again = answer.request;
  auto done = [upstream = answer.request->upstream](const ErrandResult& result) {
    if (result.kind == ErrandResult::Kind::failed)
      log::debug("after a webhook " + upstream + " was asked again in vain: " + result.why);
  };
  auto* const worker = places.workers[answer.id.high % places.workers.size()];
  fetch::send_errand(*worker, std::move(wish), std::move(done));
}

}  // namespace

std::vector<Invalidation> invalidations_of(const WebhookMessage& message, const pipeline::ConfigSnapshot& snapshot,
                                           const rules::Upstream& upstream) {
  std::vector<Invalidation> named;
  if (message.is_test) return named;
  for (const auto* const rule : snapshot.rules->webhook_invalidations(upstream, message.event)) {
    if (!snapshot.settings->invalidates(*rule)) continue;
    named.insert(named.end(), rule->invalidate.begin(), rule->invalidate.end());
  }
  for (const auto& tag : message.entities.all()) named.push_back({Invalidation::Kind::tag, tag, true});
  return named;
}

std::vector<OftenAsked> often_asked(const store::Store& store, const fetch::RequestBook& book,
                                    std::span<const Invalidation> named) {
  const auto bans = bans_of(named);
  std::vector<store::EntryPtr> hit;
  store.for_each([&](const store::EntryPtr& entry) {
    if (entry->hits() >= kOften && !is_of_indexer(*entry) && is_named_by(bans, *entry)) hit.push_back(entry);
    return true;
  });
  std::vector<OftenAsked> often;
  for (const auto& entry : hit) {
    auto request = book.find(entry->id());
    const auto hits = request ? entry->hits() - std::min(entry->hits(), request->hits_at_begin) : 0;
    if (hits >= kOften) often.push_back({entry->id(), std::move(request), hits});
  }
  std::stable_sort(often.begin(), often.end(), [](const auto& a, const auto& b) { return a.hits > b.hits; });
  often.resize(std::min(often.size(), kMostRefreshed));
  return often;
}

Result<WebhookOutcome> take_webhook(const WebhookMessage& message, const pipeline::SnapshotPtr& snapshot,
                                    const rules::Upstream& upstream, const WebhookPlaces& places) {
  const auto named = invalidations_of(message, *snapshot, upstream);
  const auto often = often_asked(places.store, places.book, named);
  WebhookOutcome outcome;
  std::optional<Error> failure;
  auto* const tier = places.workers.empty() ? nullptr : places.workers.front()->shared.tier;
  for (const auto& each : named) {
    // A tag names answers of every upstream, and those of the shared ones are everybody's.
    store::tell_tier(tier, each, pipeline::is_shared(upstream) || each.kind == Invalidation::Kind::tag);
    const auto purged = places.store.invalidate(each);
    if (purged) {
      outcome.purged += *purged;
    } else {
      failure = purged.error();
    }
    ++outcome.invalidations;
  }
  for (const auto& answer : often) ask_again(answer, snapshot, places);
  outcome.refreshing = often.size();
  if (failure) return *failure;
  return outcome;
}

}  // namespace cachearr::upkeep
