// Picks one page of a list of stored responses out of any number of them, in memory bounded by the page. Pure, one
// thread.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "store/ban_list.hpp"
#include "store/index_record.hpp"
#include "store/store.hpp"

namespace cachearr::store {

class KeyPager {
 public:
  explicit KeyPager(const KeyQuery& query);

  /// Whether the query selects it, wherever it stands in the order.
  bool selects(const BanTarget& target, std::string_view type) const noexcept;
  /// Offers one that the query selects; it is kept if it belongs on this page as far as is known yet.
  void offer(KeyInfo info);
  /// In an unordered list nothing after this id can be on the page any more.
  bool full_before(const Hash128& id) const noexcept;
  /// Where an unordered list starts: ids up to this one have been on earlier pages.
  const Hash128& after() const noexcept { return after_id_; }
  KeyPage finish();

 private:
  using Rank = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  // value, id; ascending
  struct Candidate {
    Rank rank;
    KeyInfo info;
  };
  static bool before(const Candidate& a, const Candidate& b) { return a.rank < b.rank; }
  Rank rank_of(const KeyInfo& info) const noexcept;
  void read_cursor();

  const KeyQuery query_;
  const std::uint64_t tag_;
  std::uint64_t after_value_ = 0;
  Hash128 after_id_;
  std::vector<Candidate> best_;  // a heap, worst first; one more than the page, to know whether another page follows
};

KeyInfo info_of(const Entry& entry);
KeyView view_of(const Entry& entry);
KeyView view_of(const IndexRecord& record, const Hash128& id);
/// Of what is on disk alone.
KeyInfo info_of(const IndexRecord& record, const Hash128& id);

}  // namespace cachearr::store
