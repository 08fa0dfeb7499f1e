// Picks one page of a list of stored responses out of any number of them, in memory bounded by the page. Pure, one
// thread.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "store/ban_list.hpp"
#include "store/index_record.hpp"
#include "store/memory_tier.hpp"
#include "store/store.hpp"

namespace cachearr::store {

class KeyPager {
 public:
  explicit KeyPager(const KeyQuery& query);

  /// Whether it has a place on this page, as far as is known yet, and the query selects it. Cheapest first: of most
  /// only the place in the order is looked at.
  bool wants(const Entry& entry) const noexcept;
  bool wants(const IndexRecord& record, const Hash128& id) const noexcept;
  /// Whether it selects by texts.
  bool has_filter() const noexcept;
  /// REQUIRES: wants() it.
  void offer(KeyInfo info);
  /// In an unordered list nothing after this id can be on the page any more.
  bool full_before(const Hash128& id) const noexcept;
  /// Where to begin: in an unordered list ids up to this one have been on earlier pages.
  Hash128 first() const noexcept { return query_.order == KeyOrder::none ? after_id_ : Hash128{}; }
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
  const std::uint64_t tag_;
  const std::string_view word_;  // the pattern selects what holds it; empty: the pattern is another one
  std::uint64_t after_value_ = 0;
  Hash128 after_id_;
  std::vector<Candidate> best_;  // a heap, worst first; one more than the page, to know whether another page follows
};

/// Offers all that the tier has.
void offer_all(KeyPager& pager, const MemoryTier& memory);

KeyInfo info_of(const Entry& entry);
KeyView view_of(const Entry& entry);
KeyView view_of(const IndexRecord& record, const Hash128& id);
/// Of what is on disk alone.
KeyInfo info_of(const IndexRecord& record, const Hash128& id);

}  // namespace cachearr::store
