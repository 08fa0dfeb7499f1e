// Which invalidations all instances have agreed on, in their order, and what they say of a record that was written at
// some point of that order. A plain value: one owner, no clock.
//
// Each invalidation gets the next ordinal. A record says which one its writer had heard of last; every later one that
// names it counts against it, and so does every one of our own that has no ordinal yet. Older invalidations are
// forgotten in the end, and with them the records from before: those are worth nothing then.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caching/invalidation.hpp"
#include "store/ban_list.hpp"

namespace cachearr::shared {

class NewsLog {
 public:
  static constexpr std::size_t kMostRules = 10'000;
  /// So many of the outbox may be on their way.
  static constexpr std::size_t kMostUnderWay = 100;
  /// What waits in memory to be stored in the place of what was invalidated.
  static constexpr std::uint64_t kMostWaitingBytes = 64ULL * 1024 * 1024;
  enum class Arrival : std::uint8_t { next, known, gap };

  /// Where the log begins: nothing up to this ordinal is known any more, everything later will be.
  void start_at(std::uint64_t ordinal);
  /// One that others may have sent. A gap: some before it are not known; it is taken all the same.
  /// `is_own`: we have sent it.
  Arrival add(std::uint64_t ordinal, const caching::Invalidation& what, bool is_own = false);
  /// Everything up to there has been missed: what is older is worth nothing.
  void skip_to(std::uint64_t ordinal);
  std::uint64_t last() const noexcept { return last_; }
  std::uint64_t floor() const noexcept { return floor_; }
  std::size_t size() const noexcept { return rules_.size(); }

  /// What is to be sent, oldest first; beyond the most, those that are not under way become one that names everything.
  /// `instead`: what is stored from then on; false: there is no room for it, and the invalidation goes alone.
  bool queue(const caching::Invalidation& what, std::vector<store::EntryPtr> instead = {});
  const std::deque<caching::Invalidation>& outbox() const noexcept { return outbox_; }
  /// The oldest one has been sent, and has got its ordinal. Returns what is stored instead, but for what a later one
  /// names.
  std::vector<store::EntryPtr> sent(std::uint64_t ordinal);
  /// A new link has read the stream to its end: what was sent before and has not come back was lost with another
  /// server, and is sent once more, behind the oldest `under_way` ones.
  void queue_sent_again(std::size_t under_way);
  void restore_outbox(std::deque<caching::Invalidation> outbox);

  /// What is said of a record with this stamp.
  store::Validity validity(std::uint64_t ordinal, const store::BanTarget& target) const;

 private:
  struct Rule {
    std::uint64_t ordinal;
    store::Ban ban;
  };
  struct Own {
    store::Ban ban;
    std::vector<store::EntryPtr> instead;
    std::uint64_t ordinal = 0;  // once it is sent
  };
  void let_go(std::vector<store::EntryPtr>& instead);
  void forget_sent(std::uint64_t ordinal);
  void remember(std::uint64_t ordinal, const caching::Invalidation& what);

  std::uint64_t floor_ = 0;
  std::uint64_t last_ = 0;
  std::deque<Rule> rules_;  // ascending
  std::deque<caching::Invalidation> outbox_;
  std::deque<Own> unsent_;           // of the outbox
  std::uint64_t waiting_bytes_ = 0;  // of all that is stored instead
  std::deque<Own> sent_;             // has not come back in the stream yet
};

/// Invalidations as bytes, for the stream and for the disk; none where these are not the bytes of one.
std::string encode_news(const caching::Invalidation& what);
std::optional<caching::Invalidation> decode_news(std::string_view bytes);
std::string encode_outbox(const std::deque<caching::Invalidation>& outbox);
std::deque<caching::Invalidation> decode_outbox(std::string_view bytes);

}  // namespace cachearr::shared
