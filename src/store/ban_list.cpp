#include "store/ban_list.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "base/text.hpp"

namespace cachearr::store {
namespace {

// More answers than this are not under way across one invalidation each.
constexpr std::size_t kRemembered = 1024;

template <class Bans>
Validity worst_of(const Bans& bans, const BanTarget& target,
                  std::uint32_t newest = std::numeric_limits<std::uint32_t>::max()) noexcept {
  auto validity = Validity::valid;
  for (auto ban = bans.rbegin(); ban != bans.rend() && ban->generation > target.generation; ++ban) {
    if (ban->generation > newest || !ban->names(target)) continue;
    if (!ban->what.soft) return Validity::gone;
    validity = Validity::stale;
  }
  return validity;
}

}  // namespace

BanTarget target_of(const Entry& entry) noexcept {
  return {entry.key(), entry.upstream(), entry.tags(), entry.generation()};
}

Ban make_ban(std::uint32_t generation, const Invalidation& what) {
  const bool by_tag = what.kind == Invalidation::Kind::tag;
  return {generation, what, by_tag ? hash128(what.text).low : 0};
}

bool Ban::names(const BanTarget& target) const noexcept {
  switch (what.kind) {
    case Invalidation::Kind::key: return target.key == what.text;
    case Invalidation::Kind::key_family:
      return target.key.starts_with(what.text) &&
             (target.key.size() == what.text.size() || target.key[what.text.size()] == '?');
    case Invalidation::Kind::pattern: return text::glob_match(what.text, target.key);
    case Invalidation::Kind::tag: return std::find(target.tags.begin(), target.tags.end(), tag) != target.tags.end();
    case Invalidation::Kind::upstream: return target.upstream == what.text;
    case Invalidation::Kind::all: return true;
  }
  return false;
}

Validity validity_by(std::span<const Ban> bans, const BanTarget& target) noexcept { return worst_of(bans, target); }

Ban BanList::add(const Invalidation& what) {
  const std::unique_lock lock{mutex_};
  const std::uint32_t generation = current_.load(std::memory_order_relaxed) + 1;
  bans_.push_back(make_ban(generation, what));
  // Opened before it is current: an entry that is given the new number must have been stored after the ban.
  open_until_.store(generation, std::memory_order_release);
  current_.store(generation, std::memory_order_release);
  return bans_.back();
}

void BanList::start_at(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_on_disk_ = 0;
  current_.store(std::max(generation, current()), std::memory_order_release);
}

void BanList::restore(std::vector<Ban> bans, std::uint32_t newest) {
  const std::unique_lock lock{mutex_};
  for (auto& ban : bans) {
    newest = std::max(newest, ban.generation);
    const auto at = std::lower_bound(bans_.begin(), bans_.end(), ban,
                                     [](const auto& a, const auto& b) { return a.generation < b.generation; });
    if (at == bans_.end() || at->generation != ban.generation) bans_.insert(at, std::move(ban));
  }
  // Older than all that is in memory, so there is nothing to sweep there; on disk there may be, whatever was known of
  // it.
  if (open_until_.load(std::memory_order_relaxed) == 0) swept_ = std::max(swept_, newest);
  swept_on_disk_ = 0;
  current_.store(std::max(newest, current()), std::memory_order_release);
}

Validity BanList::validity_by_all(const Entry& entry) const noexcept {
  const std::shared_lock lock{mutex_};
  return worst_of(bans_, target_of(entry));
}

Validity BanList::validity_of_newcomer(const BanTarget& target) const noexcept {
  if (target.generation >= current()) return Validity::valid;
  const std::shared_lock lock{mutex_};
  return target.generation < forgotten_ ? Validity::gone : worst_of(bans_, target);
}

Validity BanList::validity_on_disk(const BanTarget& target) const noexcept {
  if (target.generation >= current()) return Validity::valid;
  const std::shared_lock lock{mutex_};
  return worst_of(bans_, target);
}

Validity BanList::validity_until(std::uint32_t newest, const BanTarget& target) const noexcept {
  if (target.generation >= newest) return Validity::valid;
  const std::shared_lock lock{mutex_};
  return worst_of(bans_, target, newest);
}

std::vector<Ban> BanList::open() const {
  const std::shared_lock lock{mutex_};
  const auto first = std::find_if(bans_.begin(), bans_.end(), [&](const auto& r) { return r.generation > swept_; });
  return {first, bans_.end()};
}

std::vector<Ban> BanList::open_on_disk(std::uint32_t newest) const {
  const std::shared_lock lock{mutex_};
  std::vector<Ban> found;
  for (const auto& ban : bans_) {
    if (ban.generation > swept_on_disk_ && ban.generation <= newest) found.push_back(ban);
  }
  return found;
}

void BanList::swept(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_ = std::max(swept_, generation);
  if (open_until_.load(std::memory_order_relaxed) <= swept_) open_until_.store(0, std::memory_order_release);
  forget_old();
}

void BanList::swept_on_disk(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_on_disk_ = generation;
  forget_old();
}

void BanList::forget_old() {
  const auto everywhere = std::min(swept_, swept_on_disk_);
  while (bans_.size() > kRemembered && bans_.front().generation <= everywhere) {
    forgotten_ = bans_.front().generation;
    bans_.pop_front();
  }
}

}  // namespace cachearr::store
