// Records that invalidations name, removed from the server: nobody believes them any more, and they need its memory.
//
// One member at a time sweeps for all, at most once a minute, all rules in one pass. What was written while a sweep ran
// may have been asked for before, so each rule is swept for twice. On its way it removes lanes that nobody has used for
// eight days; so there is one sweep a day at least. Belongs to the tier's thread; works on the link of
// bulk, so that no look-up waits behind it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "net/worker.hpp"
#include "shared/link.hpp"
#include "shared/names.hpp"
#include "shared/news.hpp"
#include "shared/record.hpp"
#include "shared/sealer.hpp"
#include "shared/tier_status.hpp"

namespace cachearr::shared {

class Sweep {
 public:
  struct Parts {
    net::Worker& loop;
    const Clock& clock;
    Sealer& sealer;
    const News& news;
    Names names;
    std::string identity;  // of this process
  };
  explicit Sweep(Parts parts) : parts_{std::move(parts)} {}

  /// Each second: begins one where there is something to do, and nobody has done so just now. `server_now`: by the
  /// server's clock.
  void tick(std::shared_ptr<Link> link, TimePoint server_now);
  /// One is wanted at once, whether there is something to do or not.
  void ask() noexcept { asked_ = true; }
  void link_down() noexcept { end(); }
  const SweepStatus& status() const noexcept { return status_; }

 private:
  using Steady = std::chrono::steady_clock;
  struct Card {
    std::string key, begin;
  };
  bool is_due() const noexcept;
  bool has_link() const noexcept { return link_ && link_->is_up(); }
  void claim();
  void take_claim(const Reply& reply, bool forced);
  void begin(bool forced);
  void scan();
  void take_page(const Reply& reply);
  void remove_idle_lane(const std::string& lane);
  void read(const std::string& key, std::size_t size);
  void take_card(const std::string& key, std::size_t asked, const Reply& reply);
  void judge();
  bool is_named(const Card& card) const;
  void remove(const Card& card);
  void done_one();
  void page_done();
  void renew();
  void finish();
  void end() noexcept;

  Parts parts_;
  std::shared_ptr<Link> link_;
  SweepStatus status_;
  bool asked_ = false, claiming_ = false, forced_ = false;
  Steady::time_point next_try_{}, quiet_until_{}, begun_{}, renewed_{};
  TimePoint server_now_{};                             // at the last tick
  std::int64_t written_until_{};                       // later ones are left to the next sweep; by the server's clock
  std::uint64_t epoch_ = 0, ordinal_ = 0;              // what this one sweeps for
  std::uint64_t quiet_epoch_ = 0, quiet_ordinal_ = 0;  // there was nothing to do
  std::uint64_t round_ = 0;                            // answers to an earlier sweep are not this one's
  std::string nonce_, cursor_;
  std::size_t master_ = 0;     // of the servers that have a part of the keys each
  std::size_t under_way_ = 0;  // answers that the page waits for
  std::deque<Card> cards_;
  std::size_t card_bytes_ = 0;  // of this page
};

/// A text that a pattern of the server takes for itself.
std::string escaped_for_pattern(std::string_view text);

}  // namespace cachearr::shared
