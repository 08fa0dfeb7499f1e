// Which invalidations all instances have agreed on, in their order, and what they say of a record that was written at
// some point of that order. A plain value: one owner, no clock.
//
// Each invalidation gets the next ordinal. A record says which one its writer had heard of last; every later one that
// names it counts against it, and so does every one of our own that has not come back in the stream yet. Older
// invalidations are forgotten in the end, and with them the records from before: those are worth nothing then.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  /// One of our own: it waits until it comes back in the stream, by its id, and so gets its ordinal.
  struct Own {
    std::string id;
    store::Ban ban;
    std::vector<store::EntryPtr> instead;
  };
  struct Replacement {
    store::EntryPtr entry;
    std::uint64_t ordinal;
  };

  /// `process` begins the ids of what is queued: no other process has the same.
  explicit NewsLog(std::string process = "0") : process_{std::move(process)} {}

  /// Where the log begins: nothing up to this ordinal is known any more, everything later will be.
  void start_at(std::uint64_t ordinal);
  /// One of the stream. A gap: some before it are not known; it is taken all the same.
  Arrival add(std::uint64_t ordinal, const caching::Invalidation& what);
  /// Everything up to there has been missed: what is older is worth nothing.
  void skip_to(std::uint64_t ordinal);
  std::uint64_t last() const noexcept { return last_; }
  std::uint64_t floor() const noexcept { return floor_; }
  std::size_t size() const noexcept { return rules_.size(); }

  /// What is to be sent, oldest first; beyond the most, those that are not under way become one that names everything.
  /// `instead`: what is stored from then on; false: there is no room for it, and the invalidation goes alone.
  bool queue(const caching::Invalidation& what, std::vector<store::EntryPtr> instead = {});
  const std::deque<Own>& outbox() const noexcept { return outbox_; }
  /// The one that was added last may be of the outbox, which it leaves then: sent by this process, or by an earlier one
  /// that has heard of no receipt. False: it is not.
  bool came_back(std::string_view id);
  /// What is stored instead of those that came back, but for what a later one names.
  std::vector<Replacement> take_replacements();
  void restore_outbox(std::deque<Own> outbox);

  /// What is said of a record with this stamp.
  store::Validity validity(std::uint64_t ordinal, const store::BanTarget& target) const;

 private:
  struct Rule {
    std::uint64_t ordinal;
    store::Ban ban;
  };
  std::string new_id() { return process_ + "-" + std::to_string(++ids_); }
  void remember(std::uint64_t ordinal, const caching::Invalidation& what);

  std::string process_;
  std::uint64_t ids_ = 0;
  std::uint64_t floor_ = 0;
  std::uint64_t last_ = 0;
  std::deque<Rule> rules_;  // ascending
  std::deque<Own> outbox_;
  std::vector<Replacement> replacements_;  // of those that came back
  std::uint64_t waiting_bytes_ = 0;        // of all that is stored instead
};

/// Invalidations as bytes, for the stream and for the disk; none where these are not the bytes of one.
std::string encode_news(const caching::Invalidation& what);
std::optional<caching::Invalidation> decode_news(std::string_view bytes);
/// Without what is stored instead. What a version without ids has kept has none.
std::string encode_outbox(const std::deque<NewsLog::Own>& outbox);
std::deque<NewsLog::Own> decode_outbox(std::string_view bytes);

}  // namespace cachearr::shared
