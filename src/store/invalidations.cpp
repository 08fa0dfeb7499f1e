#include "store/invalidations.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/text.hpp"

namespace cachearr::store {
namespace {

// More answers than this are not under way across one invalidation each.
constexpr std::size_t kRemembered = 1024;

template <class Rules>
Standing judge_backwards(const Rules& rules, const Subject& subject) noexcept {
  auto standing = Standing::valid;
  for (auto rule = rules.rbegin(); rule != rules.rend() && rule->generation > subject.generation; ++rule) {
    if (!rule->names(subject)) continue;
    if (!rule->selector.soft) return Standing::gone;
    standing = Standing::stale;
  }
  return standing;
}

}  // namespace

Subject subject_of(const Entry& entry) noexcept {
  return {entry.key(), entry.upstream(), entry.tags(), entry.generation()};
}

Invalidation make_invalidation(std::uint32_t generation, const Selector& selector) {
  const bool by_tag = selector.kind == Selector::Kind::tag;
  return {generation, selector, by_tag ? hash128(selector.text).low : 0};
}

bool Invalidation::names(const Subject& subject) const noexcept {
  switch (selector.kind) {
    case Selector::Kind::key: return subject.key == selector.text;
    case Selector::Kind::pattern: return text::glob_match(selector.text, subject.key);
    case Selector::Kind::tag: return std::find(subject.tags.begin(), subject.tags.end(), tag) != subject.tags.end();
    case Selector::Kind::upstream: return subject.upstream == selector.text;
    case Selector::Kind::all: return true;
  }
  return false;
}

Standing judge(std::span<const Invalidation> rules, const Subject& subject) noexcept {
  return judge_backwards(rules, subject);
}

Invalidation Invalidations::add(const Selector& selector) {
  const std::unique_lock lock{mutex_};
  const std::uint32_t generation = current_.load(std::memory_order_relaxed) + 1;
  rules_.push_back(make_invalidation(generation, selector));
  // Opened before it is current: an entry that is given the new number must have been stored after the rule.
  open_until_.store(generation, std::memory_order_release);
  current_.store(generation, std::memory_order_release);
  return rules_.back();
}

void Invalidations::start_at(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_on_disk_ = 0;
  current_.store(std::max(generation, current()), std::memory_order_release);
}

void Invalidations::restore(std::vector<Invalidation> rules, std::uint32_t newest) {
  const std::unique_lock lock{mutex_};
  for (auto& rule : rules) {
    newest = std::max(newest, rule.generation);
    const auto at = std::lower_bound(rules_.begin(), rules_.end(), rule,
                                     [](const auto& a, const auto& b) { return a.generation < b.generation; });
    if (at == rules_.end() || at->generation != rule.generation) rules_.insert(at, std::move(rule));
  }
  // Older than all that is in memory, so there is nothing to sweep there; on disk there may be, whatever was known of
  // it.
  if (open_until_.load(std::memory_order_relaxed) == 0) swept_ = std::max(swept_, newest);
  swept_on_disk_ = 0;
  current_.store(std::max(newest, current()), std::memory_order_release);
}

Standing Invalidations::judge_all(const Entry& entry) const noexcept {
  const std::shared_lock lock{mutex_};
  return judge_backwards(rules_, subject_of(entry));
}

Standing Invalidations::standing_of_newcomer(const Subject& subject) const noexcept {
  if (subject.generation >= current()) return Standing::valid;
  const std::shared_lock lock{mutex_};
  return subject.generation < forgotten_ ? Standing::gone : judge_backwards(rules_, subject);
}

Standing Invalidations::standing_on_disk(const Subject& subject) const noexcept {
  if (subject.generation >= current()) return Standing::valid;
  const std::shared_lock lock{mutex_};
  return judge_backwards(rules_, subject);
}

Standing Invalidations::standing_before(std::uint32_t generation, const Subject& subject) const noexcept {
  const std::shared_lock lock{mutex_};
  auto standing = Standing::valid;
  for (const auto& rule : rules_) {
    if (rule.generation >= generation) break;
    if (!rule.hits(subject)) continue;
    if (!rule.selector.soft) return Standing::gone;
    standing = Standing::stale;
  }
  return standing;
}

std::vector<Invalidation> Invalidations::open() const {
  const std::shared_lock lock{mutex_};
  const auto first = std::find_if(rules_.begin(), rules_.end(), [&](const auto& r) { return r.generation > swept_; });
  return {first, rules_.end()};
}

std::vector<Invalidation> Invalidations::open_on_disk() const {
  const std::shared_lock lock{mutex_};
  const auto first =
      std::find_if(rules_.begin(), rules_.end(), [&](const auto& r) { return r.generation > swept_on_disk_; });
  return {first, rules_.end()};
}

void Invalidations::swept(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_ = std::max(swept_, generation);
  if (open_until_.load(std::memory_order_relaxed) <= swept_) open_until_.store(0, std::memory_order_release);
  forget_old();
}

void Invalidations::swept_on_disk(std::uint32_t generation) {
  const std::unique_lock lock{mutex_};
  swept_on_disk_ = generation;
  forget_old();
}

void Invalidations::forget_old() {
  const auto everywhere = std::min(swept_, swept_on_disk_);
  while (rules_.size() > kRemembered && rules_.front().generation <= everywhere) {
    forgotten_ = rules_.front().generation;
    rules_.pop_front();
  }
}

}  // namespace cachearr::store
