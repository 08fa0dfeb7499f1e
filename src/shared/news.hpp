// The invalidations of all instances, from and to the stream: none is lost unnoticed, and what was missed makes
// everything older stale.
//
// Belongs to the tier's thread. Reads on a link of its own, since it waits there; sends on that of commands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shared/link.hpp"
#include "shared/names.hpp"
#include "shared/news_log.hpp"
#include "shared/sealer.hpp"
#include "store/shared_tier.hpp"
#include "store/store.hpp"

namespace cachearr::shared {

struct NewsCounts {
  std::uint64_t sent = 0, received = 0, gaps = 0;
};

class News {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    Sealer& sealer;
    Names names;
    std::string identity;                                                         // of this process, and of no other
    std::function<void()> changed;                                                // ready or not
    std::function<void(const store::EntryPtr&, std::uint64_t ordinal)> replaced;  // what is stored instead, in its turn
  };
  explicit News(Parts parts);
  /// What an earlier process has heard, and could not send. Before the links are made.
  void restore();

  void reading_link_up(std::shared_ptr<Link> link);
  void reading_link_down();
  /// As NewsLog::queue().
  bool queue(const caching::Invalidation& what, std::vector<store::EntryPtr> instead = {});
  /// Sends what waits, and hands over what is stored instead of what came back. REQUIRES: the link is up.
  void flush(Link& commands);
  void commands_link_down() noexcept { nothing_is_under_way(); }
  /// Each second: keeps what was heard, and notices silence.
  void tick();
  void save();

  bool is_ready() const noexcept { return ready_; }
  /// Another secret is in use there: nothing is shared.
  bool has_other_secret() const noexcept { return other_secret_; }
  /// Thread-safe.
  store::SharedMoment moment() const noexcept { return moment_.load(std::memory_order_acquire); }
  /// None where the moment is of an epoch that is over.
  std::optional<std::uint64_t> ordinal_of(store::SharedMoment moment) const noexcept;
  std::uint64_t epoch() const noexcept { return epoch_; }
  std::uint64_t heard() const noexcept { return heard_; }
  const NewsLog& log() const noexcept { return log_; }
  const NewsCounts& counts() const noexcept { return counts_; }
  TimePoint gap_at() const noexcept { return gap_at_; }
  const std::string& problem() const noexcept { return problem_; }
  Duration lag() const noexcept;

 private:
  struct Item {
    std::uint64_t ordinal = 0, epoch = 0;
    std::string at;  // its id in the stream
    std::string by, id;
    std::optional<caching::Invalidation> what;
  };
  void sync();
  /// `taken_up_to`: as it was when that was asked for.
  void synced(const Reply& reply, std::optional<std::uint64_t> taken_up_to);
  void begin_epoch(std::uint64_t epoch);
  void read_page();
  void take_page(const Reply& reply);
  void wait_for_more();
  void take_items(const Reply& list);
  void take_item(const Item& item);
  /// Ordinals come twice: the order is no order any more, and a new one begins.
  void begin_anew();
  Item item_of(const std::string& at, const Reply& fields);
  void caught_up();
  void missed() noexcept { gap_ = true; }
  void set_ready(bool ready);
  void publish_moment() noexcept;
  void take_receipt(const Reply& reply, std::uint64_t epoch);
  /// Where all that was sent must have come back, what has not is sent again.
  void settle();
  void nothing_is_under_way() noexcept;
  /// The link is made anew: soon, or after a while where that would change nothing.
  void fail(const std::string& why);
  void give_up(const std::string& why);
  void refused(const std::string& what, const Reply& reply);

  Parts parts_;
  std::shared_ptr<Link> link_;
  NewsLog log_;
  std::uint64_t epoch_ = 0;                   // 0: none is known
  std::uint64_t heard_ = 0;                   // everything up to there is in force here
  std::string heard_at_;                      // where the last of these is in the stream; empty: not known
  std::uint64_t newest_ = 0;                  // at the last sync
  std::string last_id_;                       // in the stream; empty: it is read from its begin
  std::size_t under_way_ = 0;                 // of the outbox: sent, and maybe not heard yet
  std::optional<std::uint64_t> taken_up_to_;  // of these the last one's ordinal, by the receipt
  std::uint16_t serial_ = 0;                  // of the epoch, in this process
  bool begun_ = false;                        // the log has its begin
  bool gap_ = false;
  bool ready_ = false;
  bool other_secret_ = false;
  bool unsaved_ = false;
  bool foreign_ = false;   // something of another epoch was read
  bool disorder_ = false;  // an ordinal came twice within the epoch
  std::string problem_;
  std::chrono::steady_clock::time_point proof_ =
      std::chrono::steady_clock::now();  // when all was known to be heard; the beginning where it never was
  TimePoint gap_at_{};
  NewsCounts counts_;
  std::atomic<store::SharedMoment> moment_{0};
};

}  // namespace cachearr::shared
