#include "admin/shared_values.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "admin/key_values.hpp"
#include "pipeline/sharing.hpp"
#include "store/shared_tier.hpp"

namespace cachearr::admin {

namespace {

constexpr std::size_t kAskedAtOnce = 8;  // they come one behind the other, and clients' look-ups behind them
constexpr std::chrono::seconds kTierHasStopped{10};  // it answers no more

/// Look-ups that are under way; those that ask may be gone when the last one ends.
class Arrivals {
 public:
  explicit Arrivals(std::size_t asked) : left_{asked} {}
  void add(const store::EntryPtr& found) {
    const std::lock_guard lock{mutex_};
    if (found) bytes_ += found->footprint();
    if (--left_ == 0) all_.notify_all();
  }
  /// Bytes of what was found; 0: nothing was.
  std::uint64_t wait(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    all_.wait_for(lock, stop, kTierHasStopped, [this] { return left_ == 0; });
    return bytes_;
  }

 private:
  std::mutex mutex_;  // guards the rest
  std::condition_variable_any all_;
  std::size_t left_;
  std::uint64_t bytes_ = 0;
};

/// Whether it means the same for every instance. What was put by hand has no upstream, a note of one has; an answer
/// without one is of an origin that no rule names, of which nothing is known here.
bool is_for_all(const rules::RuleSet& rules, const store::Entry& entry) {
  const bool is_by_hand = (entry.meta.flags & caching::kByHand) != 0;
  if (entry.upstream().empty()) return is_by_hand;
  if (is_by_hand) return false;
  const auto* const upstream = rules.upstream_named(entry.upstream());
  return upstream && pipeline::is_shared(*upstream);
}

std::uint64_t fetch_at_once(shared::Tier& tier, store::Store& store, std::span<const std::string> identities,
                            store::WhereMissing missing, const std::stop_token& stop) {
  const auto arrivals = std::make_shared<Arrivals>(identities.size());
  for (const auto& identity : identities)
    tier.find(identity, store.generation(), missing,
              [arrivals](const store::EntryPtr& entry, const store::FetchClaim&) { arrivals->add(entry); });
  return arrivals->wait(stop);
}

/// Stops where it has more than so many bytes.
bool fetch(Instance& instance, std::span<const std::string> identities, store::WhereMissing missing,
           const std::stop_token& stop, std::uint64_t most_bytes) {
  auto* const tier = instance.shared_tier();
  std::uint64_t bytes = 0;
  while (tier && !identities.empty() && bytes <= most_bytes && tier->may_ask() && !stop.stop_requested()) {
    const auto part = identities.first(std::min(kAskedAtOnce, identities.size()));
    bytes += fetch_at_once(*tier, instance.store(), part, missing, stop);
    identities = identities.subspan(part.size());
  }
  return bytes > 0;
}

}  // namespace

bool fetch_shared_values(Instance& instance, std::span<const std::string> keys, const std::stop_token& stop,
                         std::uint64_t most_bytes) {
  std::vector<std::string> identities;
  for (const auto& key : keys) identities.push_back(identity_by_hand(key));
  return fetch(instance, identities, store::WhereMissing::lost, stop, most_bytes);
}

void fetch_newer_answers(Instance& instance, std::span<const store::EntryPtr> entries, const std::stop_token& stop) {
  const auto snapshot = instance.snapshot();
  std::vector<std::string> identities;
  for (const auto& entry : entries)
    if ((entry->meta.flags & caching::kByHand) == 0 && is_for_all(*snapshot->rules, *entry))
      identities.emplace_back(entry->identity());
  fetch(instance, identities, store::WhereMissing::left, stop, kMostBytesAtOnce);
}

std::string_view share_values(Instance& instance, std::string_view key, std::vector<store::EntryPtr> stored) {
  auto* const tier = instance.shared_tier();
  if (!tier || !tier->shares_records()) return told_others(nullptr);
  const auto snapshot = instance.snapshot();
  std::erase_if(stored, [&](const store::EntryPtr& entry) { return !is_for_all(*snapshot->rules, *entry); });
  if (stored.empty()) return told_others(nullptr);
  const auto too_large = std::erase_if(stored, [tier](const auto& entry) { return !tier->may_share(*entry); });
  const bool taken = tier->replace_for_good(key, stored);
  return taken && too_large == 0 ? told_others(tier) : told_others(nullptr);
}

std::string_view told_others(const shared::Tier* tier) noexcept {
  if (!tier) return "off";
  return tier->is_ready() ? "sent" : "queued";
}

}  // namespace cachearr::admin
