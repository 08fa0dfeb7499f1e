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

constexpr std::size_t kAskedAtOnce = 100;
constexpr std::chrono::seconds kTierHasStopped{10};  // it answers no more

/// Look-ups that are under way; those that ask may be gone when the last one ends.
class Arrivals {
 public:
  explicit Arrivals(std::size_t asked) : left_{asked} {}
  void add(bool found) {
    const std::lock_guard lock{mutex_};
    found_ = found_ || found;
    if (--left_ == 0) all_.notify_all();
  }
  bool wait(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    all_.wait_for(lock, stop, kTierHasStopped, [this] { return left_ == 0; });
    return found_;
  }

 private:
  std::mutex mutex_;  // guards the rest
  std::condition_variable_any all_;
  std::size_t left_;
  bool found_ = false;
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

bool fetch_at_once(shared::Tier& tier, store::Store& store, std::span<const std::string> keys,
                   const std::stop_token& stop) {
  const auto arrivals = std::make_shared<Arrivals>(keys.size());
  for (const auto& key : keys)
    tier.find(identity_by_hand(key), store.generation(), store::WhereMissing::lost,
              [arrivals](const store::EntryPtr& entry, const store::FetchClaim&) {
                arrivals->add(static_cast<bool>(entry));
              });
  return arrivals->wait(stop);
}

}  // namespace

bool fetch_shared_values(Instance& instance, std::span<const std::string> keys, const std::stop_token& stop) {
  auto* const tier = instance.shared_tier();
  bool found = false;
  while (tier && !keys.empty() && tier->may_ask() && !stop.stop_requested()) {
    const auto part = keys.first(std::min(kAskedAtOnce, keys.size()));
    found |= fetch_at_once(*tier, instance.store(), part, stop);
    keys = keys.subspan(part.size());
  }
  return found;
}

std::string_view share_values(Instance& instance, std::string_view key, std::vector<store::EntryPtr> stored) {
  auto* const tier = instance.shared_tier();
  if (!tier || !tier->shares_records()) return told_others(nullptr);
  const auto snapshot = instance.snapshot();
  std::erase_if(stored, [&](const store::EntryPtr& entry) { return !is_for_all(*snapshot->rules, *entry); });
  if (stored.empty()) return told_others(nullptr);
  std::erase_if(stored, [tier](const store::EntryPtr& entry) { return !tier->may_share(*entry); });
  tier->replace_for_good(key, stored);
  return told_others(tier);
}

std::string_view told_others(const shared::Tier* tier) noexcept {
  if (!tier) return "off";
  return tier->is_ready() ? "sent" : "queued";
}

}  // namespace cachearr::admin
