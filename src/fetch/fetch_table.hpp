// Collapse: the table of answers on their way. One leader for each name; the others join its flight.
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
    bool leader = false;  // the caller has to bring the answer, and to land() the flight at its end
  };
  /// Joins the flight of that identity or begins one that `worker` leads. `generation` is the store's: what took off
  /// before something was invalidated may bring the very answer that was meant, so nobody joins it any more.
  Joined join(const Hash128& id, std::string_view identity, std::uint32_t generation, net::Worker& worker);
  /// True where somebody is already asking.
  bool is_under_way(const Hash128& id, std::string_view identity) const;
  /// Ends joining: later requests find the store or begin anew.
  void land(const Hash128& id, const std::shared_ptr<SharedFetch>& shared_fetch);
  std::size_t size() const;

 private:
  struct Named {
    std::string identity;
    std::uint32_t generation;
    std::shared_ptr<SharedFetch> shared_fetch;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Hash128, Named> fetch_table;
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard(const Hash128& id) noexcept { return shards_[id.high % kShards]; }
  const Shard& shard(const Hash128& id) const noexcept { return shards_[id.high % kShards]; }
  std::array<Shard, kShards> shards_;
};

}  // namespace cachearr::fetch
