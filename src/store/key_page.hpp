// Picks one page of a list of stored responses out of any number of them, in memory bounded by the page. Each pager
// belongs to one thread; list_page() starts and ends those that it needs.
#pragma once

#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "store/ban_list.hpp"
#include "store/index_record.hpp"
#include "store/memory_tier.hpp"
#include "store/store.hpp"

namespace cachearr::store {

/// Ids by their upper half, both ends included.
struct IdRange {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
  bool holds(const Hash128& id) const noexcept { return id.high >= first && id.high <= last; }
};

class KeyPager {
 public:
  /// Selects within `range` alone.
  explicit KeyPager(const KeyQuery& query, IdRange range = {});

  /// Whether it has a place on this page, as far as is known yet, and the query selects it. Cheapest first: of most
  /// only the place in the order is looked at.
  bool wants(const Entry& entry) const noexcept;
  bool wants(const IndexRecord& record, const Hash128& id) const noexcept;
  /// Whether it selects by texts.
  bool has_filter() const noexcept;
  /// REQUIRES: wants() it.
  void offer(KeyInfo info);
  /// Takes what another one has found of the same query.
  void join(KeyPager& other);
  /// Nothing from this id on can be on the page any more.
  bool full_before(const Hash128& id) const noexcept;
  /// Where to begin: nothing up to this id is of interest, as it was on earlier pages or lies before the range.
  Hash128 first() const noexcept;
  KeyPage finish();

 private:
  using Rank = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  // value, id; ascending
  struct Candidate {
    Rank rank;
    KeyInfo info;
  };
  static bool before(const Candidate& a, const Candidate& b) { return a.rank < b.rank; }
  /// What the order depends on.
  struct Place {
    const Hash128& id;
    std::uint64_t bytes;
    std::int64_t fresh_until_ms;
    std::uint32_t hits;
  };
  Rank rank_of(const Place& place) const noexcept;
  bool has_place(const Place& place) const noexcept;
  bool selects(const BanTarget& target, std::string_view type) const noexcept;
  void read_cursor();

  const KeyQuery query_;
  const IdRange range_;
  const std::uint64_t tag_;
  const std::string_view word_;  // the pattern selects what holds it; empty: the pattern is another one
  std::uint64_t after_value_ = 0;
  Hash128 after_id_;
  std::vector<Candidate> best_;  // a heap, worst first; one more than the page, to know whether another page follows
};

/// In how many parts so many entries are looked through at once: one where that takes some milliseconds.
std::size_t parts_for(std::uint64_t entries) noexcept;
/// The page of a query. `look` offers to the pager all that lies in its range; each part has a thread of its own.
KeyPage list_page(const KeyQuery& query, std::size_t parts, const std::function<void(KeyPager&)>& look);
/// Offers all that the tier has.
void offer_all(KeyPager& pager, const MemoryTier& memory);

KeyInfo info_of(const Entry& entry);
KeyView view_of(const Entry& entry);
KeyView view_of(const IndexRecord& record, const Hash128& id);
/// Of what is on disk alone.
KeyInfo info_of(const IndexRecord& record, const Hash128& id);

}  // namespace cachearr::store
