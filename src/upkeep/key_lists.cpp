#include "upkeep/key_lists.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace cachearr::upkeep {
namespace {

/// Share of the requests that had to be fetched, as a fraction of 2^31.
std::uint64_t fetched_share(const store::KeyView& view, std::uint64_t requests) noexcept {
  return (std::uint64_t{view.fetches} << 31U) / requests;
}

}  // namespace

Saved KeyUse::saved() const noexcept {
  const std::uint64_t times = hits;
  return {times, times * cost.bytes, times * cost.quota_units, times * cost.milliseconds};
}

std::uint64_t KeyLists::below(std::uint32_t percent) const noexcept {
  const auto end = std::min<std::size_t>(percent, kPercents);
  return std::accumulate(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(end), std::uint64_t{0});
}

std::vector<std::string> KeyLists::names_below(std::uint32_t percent, std::size_t most) const {
  std::vector<std::string> names;
  for (const auto& use : low) {
    if (names.size() >= most || use.hit_rate() >= percent) break;
    names.push_back(use.key);
  }
  return names;
}

bool KeyPicker::Best::better(const Candidate& a, const Candidate& b) noexcept {
  return a.rank != b.rank ? a.rank > b.rank : a.use.key < b.use.key;
}

bool KeyPicker::Best::wants(std::uint64_t rank) const noexcept {
  return rank > 0 && (heap_.size() < KeyLists::kMost || rank > heap_.front().rank);
}

void KeyPicker::Best::add(std::uint64_t rank, const store::KeyView& view) {
  if (!wants(rank)) return;
  if (heap_.size() == KeyLists::kMost) {
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.pop_back();
  }
  KeyUse use{std::string{view.key},
             std::string{view.type},
             std::string{view.upstream},
             view.meta,
             view.cost,
             view.bytes,
             view.hits,
             view.fetches};
  heap_.push_back({rank, std::move(use)});
  std::push_heap(heap_.begin(), heap_.end(), better);
}

std::vector<KeyUse> KeyPicker::Best::finish() {
  std::sort_heap(heap_.begin(), heap_.end(), better);
  std::vector<KeyUse> uses;
  uses.reserve(heap_.size());
  for (auto& candidate : heap_) uses.push_back(std::move(candidate.use));
  heap_.clear();
  return uses;
}

void KeyPicker::offer(const store::KeyView& view) {
  ++lists_.keys;
  hits_.add(view.hits, view);
  bytes_.add(std::uint64_t{view.hits} * view.cost.bytes, view);
  time_.add(std::uint64_t{view.hits} * view.cost.milliseconds, view);
  const auto end = view.meta.fresh_until_ms;
  if (end > now_ms_) expiring_.add(~static_cast<std::uint64_t>(end), view);
  const auto requests = std::uint64_t{view.hits} + view.fetches;
  if (requests < KeyLists::kEnoughRequests) return;
  ++lists_.rates[std::uint64_t{view.hits} * 100 / requests];
  low_.add(fetched_share(view, requests), view);
  rules_.add(view);
}

KeyLists KeyPicker::finish() {
  lists_.by_hits = hits_.finish();
  lists_.by_bytes = bytes_.finish();
  lists_.by_time = time_.finish();
  lists_.expiring = expiring_.finish();
  lists_.low = low_.finish();
  lists_.rules = rules_.finish();
  return std::move(lists_);
}

}  // namespace cachearr::upkeep
