// The key API over the memory tier alone; the two-tier store adds what is on disk.
#include "store/store.hpp"

#include <algorithm>
#include <unordered_map>

#include "store/key_page.hpp"
#include "store/memory_tier.hpp"

namespace cachearr::store {

std::vector<EntryPtr> Store::find_key(std::string_view key) {
  std::vector<EntryPtr> found;
  for_each([&](const EntryPtr& entry) {
    if (entry->key() == key && is_whole(entry->meta)) found.push_back(entry);
    return true;
  });
  std::sort(found.begin(), found.end(),
            [](const EntryPtr& a, const EntryPtr& b) { return a->meta.stored_ms > b->meta.stored_ms; });
  return found;
}

std::vector<EntryPtr> Store::find_keys(const std::vector<std::string>& keys) {
  std::unordered_map<std::string_view, EntryPtr> wanted;
  for (const auto& key : keys) wanted.try_emplace(key);
  for_each([&](const EntryPtr& entry) {
    const auto at = wanted.find(entry->key());
    if (at == wanted.end() || !is_whole(entry->meta)) return true;
    if (!at->second || at->second->meta.stored_ms < entry->meta.stored_ms) at->second = entry;
    return true;
  });
  std::vector<EntryPtr> found;
  found.reserve(keys.size());
  for (const auto& key : keys) found.push_back(wanted.at(key));
  return found;
}

std::uint64_t Store::expire_key(std::string_view key, TimePoint until) {
  std::uint64_t count = 0;
  for (const EntryPtr& entry : find_key(key)) {
    EntryMeta meta = entry->meta;
    meta.fresh_until_ms = until.time_since_epoch().count();
    meta.flags = static_cast<std::uint16_t>(meta.flags & ~EntryFlag::kInvalidated);
    if (EntryPtr copy = with_meta(*entry, meta)) put(std::move(copy)), ++count;
  }
  return count;
}

void Store::for_each_key(const std::function<bool(const KeyView&)>& visit) const {
  for_each([&](const EntryPtr& entry) { return !is_whole(entry->meta) || visit(view_of(*entry)); });
}

}  // namespace cachearr::store
