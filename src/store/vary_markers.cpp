#include "store/vary_markers.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "caching/variant.hpp"

namespace cachearr::store {
namespace {

// What real services vary by is a handful; a service that makes up fields must not fill the memory with lists.
constexpr std::size_t kMaxLists = 64;
// A place in the table with its share of free ones: 24 bytes each, between a quarter and seven eighths of them in use.
constexpr std::size_t kBytesEach = 48;
constexpr std::size_t kSparse = 4;
// No invalidation is newer: what a list says is true of whatever varies by it.
constexpr auto kNeverInvalidated = std::numeric_limits<std::uint32_t>::max();

}  // namespace

bool VaryMarkers::add(const Entry& marker) {
  if (!caching::names_only(marker.meta) || !marker.body().empty()) return false;
  const auto list = list_of(marker.head());
  if (list == kMaxLists) return false;
  places_.insert_or_assign(marker.id(), Place{static_cast<std::uint32_t>(list)});
  return true;
}

EntryPtr VaryMarkers::find(const Hash128& id) const noexcept {
  const auto at = places_.find(id);
  if (at == places_.end()) return {};
  at->second.used = true;
  return lists_[at->second.list];
}

std::size_t VaryMarkers::evict_unused(std::size_t count) noexcept {
  std::size_t evicted = 0;
  auto at = places_.find(hand_);
  for (; count != 0 && !places_.empty(); --count) {
    if (at == places_.end()) at = places_.begin();
    const auto looked_at = at++;
    if (std::exchange(looked_at->second.used, false)) continue;
    places_.erase(looked_at);
    ++evicted;
  }
  if (at != places_.end()) hand_ = at->first;
  if (evicted != 0) shrink();
  return evicted;
}

bool VaryMarkers::evict_one() noexcept {
  while (!places_.empty()) {
    if (evict_unused(1) != 0) return true;
  }
  return false;
}

std::size_t VaryMarkers::bytes() const noexcept {
  auto bytes = places_.size() * kBytesEach;
  for (const auto& list : lists_) bytes += list->footprint();
  return bytes;
}

void VaryMarkers::shrink() noexcept {
  if (places_.size() * kSparse >= places_.bucket_count()) return;
  try {
    places_.rehash(2 * places_.size());
  } catch (const std::bad_alloc&) {
    return;  // there will be a better moment
  }
}

std::size_t VaryMarkers::list_of(std::string_view names) {
  const auto found =
      std::find_if(lists_.begin(), lists_.end(), [&](const EntryPtr& each) { return each->head() == names; });
  if (found != lists_.end() || lists_.size() == kMaxLists) return static_cast<std::size_t>(found - lists_.begin());
  EntryParts parts{};
  parts.head = names;
  parts.meta.flags = EntryFlag::kVaryMarker;
  parts.meta.sie_seconds = caching::kAlwaysOfUse;
  parts.generation = kNeverInvalidated;
  auto list = make_entry(parts);
  if (!list) return kMaxLists;
  lists_.push_back(std::move(list));
  return lists_.size() - 1;
}

}  // namespace cachearr::store
