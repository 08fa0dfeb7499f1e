// Collapse: the table of fetches under way. One fetch for each name; whoever else wants it joins.
//
// Thread-safe; shared by all workers, owned by the application.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "fetch/shared_fetch.hpp"

namespace cachearr::fetch {

class FetchTable {
 public:
  struct Joined {
    std::shared_ptr<SharedFetch> shared_fetch;
    bool is_new = false;  // the caller has to run the fetch, and to remove() it at its end
  };
  /// Joins the fetch of that identity or begins one on `worker`. `generation` is the store's: what began before
  /// something was invalidated may bring the very response that was meant, so nobody joins it any more.
  Joined join(const Hash128& id, std::string_view identity, std::uint32_t generation, net::Worker& worker);
  /// True where somebody is already asking.
  bool is_under_way(const Hash128& id, std::string_view identity) const;
  /// Ends joining: later requests find the store or begin anew.
  void remove(const Hash128& id, const std::shared_ptr<SharedFetch>& shared_fetch);
  std::size_t size() const;

 private:
  struct Slot {
    std::string identity;
    std::uint32_t generation;
    std::shared_ptr<SharedFetch> shared_fetch;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Hash128, Slot> slots;
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard(const Hash128& id) noexcept { return shards_[id.high % kShards]; }
  const Shard& shard(const Hash128& id) const noexcept { return shards_[id.high % kShards]; }
  std::array<Shard, kShards> shards_;
};

}  // namespace cachearr::fetch
