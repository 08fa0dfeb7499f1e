// The vary markers of one shard of the memory tier. Resources that vary by the same fields share one entry, so that a
// marker costs a place in a table. Not thread-safe: owned by a shard, guarded by its lock.
//
// A marker is found by its id alone. Where that is another resource's, or where no variant is left, it names a variant
// that is not there: a miss, never a wrong answer.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "store/entry.hpp"

namespace cachearr::store {

class VaryMarkers {
 public:
  /// False: it has to be kept as an entry, because it says more than names, or because there are too many lists of
  /// names.
  bool add(const Entry& marker);
  /// Counts as use. Null where there is none.
  EntryPtr find(const Hash128& id) const noexcept;
  bool has(const Hash128& id) const noexcept { return places_.contains(id); }
  bool erase(const Hash128& id) noexcept { return places_.erase(id) != 0; }
  /// Looks at the next `count` markers in turn and erases those that nobody asked for since it last did. How many.
  std::size_t evict_unused(std::size_t count) noexcept;
  /// False where there is none.
  bool evict_one() noexcept;
  void clear() noexcept { places_.clear(); }
  std::size_t size() const noexcept { return places_.size(); }
  /// What it counts for; it does not depend on how full the table is, so that eviction always gains something.
  std::size_t bytes() const noexcept;

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Hash128& id) const noexcept { return id.low; }
  };
  struct Place {
    std::uint32_t list = 0;  // index in lists_
    mutable bool used = false;
  };
  using Places = boost::unordered_flat_map<Hash128, Place, Hash>;

  void shrink() noexcept;
  /// Index of the entry that says these names, made where it is missing; kMaxLists where there is no room for it.
  std::size_t list_of(std::string_view names);

  Places places_;
  std::vector<EntryPtr> lists_;
  Hash128 hand_;  // where evict_unused() goes on
};

}  // namespace cachearr::store
