#include "fetch/fetch_table.hpp"

namespace cachearr::fetch {

FetchTable::Joined FetchTable::join(const Hash128& id, std::string_view identity, std::uint32_t generation,
                                    net::Worker& worker) {
  auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.slots.find(id);
  const bool known = found != in.slots.end() && found->second.identity == identity;
  if (known && found->second.generation == generation) return {found->second.shared_fetch, false};
  auto shared_fetch = std::make_shared<SharedFetch>(worker);
  if (known) found->second = {std::string{identity}, generation, shared_fetch};
  if (found == in.slots.end()) in.slots.emplace(id, Slot{std::string{identity}, generation, shared_fetch});
  return {std::move(shared_fetch), true};  // a collision of hashes is fetched alone
}

bool FetchTable::is_under_way(const Hash128& id, std::string_view identity) const {
  const auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.slots.find(id);
  return found != in.slots.end() && found->second.identity == identity;
}

void FetchTable::remove(const Hash128& id, const std::shared_ptr<SharedFetch>& shared_fetch) {
  auto& in = shard(id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.slots.find(id);
  if (found != in.slots.end() && found->second.shared_fetch == shared_fetch) in.slots.erase(found);
}

std::size_t FetchTable::size() const {
  std::size_t total = 0;
  for (const auto& in : shards_) {
    const std::lock_guard lock{in.mutex};
    total += in.slots.size();
  }
  return total;
}

}  // namespace cachearr::fetch
