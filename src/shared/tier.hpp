// The shared tier at work: answers, invalidations and the links to the server, on a thread of its own.
//
// Owned by the application, which configures it at the start and stops it after the workers. The calls of
// store::SharedTier and those that say so come from any thread; everything else belongs to the tier's own thread. Redis
// is never needed and never waited for: each look-up has a deadline, and what is written is written afterwards.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/worker.hpp"
#include "shared/breaker.hpp"
#include "shared/link.hpp"
#include "shared/local_bans.hpp"
#include "shared/news.hpp"
#include "shared/pulse.hpp"
#include "shared/record.hpp"
#include "shared/script.hpp"
#include "shared/sealer.hpp"
#include "shared/sentinels.hpp"
#include "shared/sweep.hpp"
#include "shared/tier_status.hpp"
#include "store/shared_tier.hpp"
#include "store/store.hpp"

namespace cachearr::shared {

struct TierOptions {
  ServerAddress address;
  std::shared_ptr<const net::TlsTrust> trust;
  std::string server_name;
  std::string secret;
  std::string prefix = "cachearr";
  std::string instance;
  bool records = true;
  bool collapse = true;                    // one fetch for all instances
  std::optional<Duration> lookup_timeout;  // none: by the round trip
  std::uint64_t max_object_bytes = 1024 * 1024;
  Duration min_ttl{10'000};
  bool negatives = false;
  std::optional<Duration> blind_after;  // away for longer: what is stored is asked for again
};

class Tier final : public store::SharedTier {
 public:
  Tier(TierOptions options, store::Store& store, const Clock& clock);
  ~Tier() override;
  Tier(const Tier&) = delete;
  Tier& operator=(const Tier&) = delete;

  /// `card`: what this instance says of itself; asked on the tier's thread.
  void start(std::function<Member()> card);
  /// Says goodbye where that is quick, and ends the thread. After the workers.
  void stop();

  bool may_ask() const noexcept override { return may_ask_.load(std::memory_order_acquire); }
  void find(std::string identity, std::uint32_t generation, store::WhereMissing missing, Found done) override;
  store::SharedMoment moment() const noexcept override { return news_.moment(); }
  void put(store::EntryPtr entry, store::SharedMoment asked_at) override;
  void announce(const caching::Invalidation& what) override;
  /// The same, and waits until it is in the line for the disk: what the store writes after that, it writes with it or
  /// later. Not on a worker.
  void announce_for_good(std::span<const caching::Invalidation> all);
  /// Tells all that what is stored under the key is over, as announce_for_good(), and shares what is stored here from
  /// now on: with the turn of that invalidation, so that the order of all instances decides which one stays. False: it
  /// is over, but what is stored here is not shared, for lack of room. Not on a worker.
  bool replace_for_good(std::string_view key, const std::vector<store::EntryPtr>& instead);
  /// Whether it is worth sharing, by what it is. Any thread.
  bool may_share(const store::Entry& entry) const { return options_.records && is_worth_sharing(entry); }
  bool shares_records() const noexcept { return options_.records; }
  void keep_out(const caching::Invalidation& what) override;
  /// The same, and waits until a kill does not forget it, as announce_for_good(). Not on a worker.
  void keep_out_for_good(const caching::Invalidation& what);

  /// Removes what invalidations name from the server, soon. Any thread; false: there is none just now.
  bool sweep();

  /// Any thread.
  TierStatus status() const;
  /// Looks at what is there for this identity, and changes nothing. Calls `done` once, on the tier's thread; not any
  /// more once it has stopped. Any thread.
  void look(const std::string& identity, std::function<void(const Seen&)> done);
  /// Any thread.
  const CommandTimes& command_times() const noexcept { return times_; }
  /// Any thread: whether what is announced now is sent at once.
  bool is_ready() const noexcept { return is_ready_.load(std::memory_order_acquire); }

  // For other parts of the module, on the tier's thread.

  /// How long a command took that was sent then and is answered so now, and whether the server refuses it.
  void took(Command command, std::chrono::steady_clock::time_point since, const Reply& reply);

  /// Any thread. Runs `job` on the tier's.
  void post(std::function<void()> job) { loop_.post(std::move(job)); }
  net::Worker& loop() noexcept { return loop_; }
  /// Why the server refuses what the shared limits need; empty: it does not.
  void note_limits(const std::string& problem);
  /// Null while it is down.
  Link* commands() noexcept { return commands_ && commands_->is_up() ? commands_.get() : nullptr; }
  const Names& names() const noexcept { return names_; }
  const Sealer& sealer() const noexcept { return sealer_; }
  bool has_other_secret() const noexcept { return news_.has_other_secret(); }
  const std::vector<Member>& members() const noexcept { return pulse_.members(); }
  const std::string& instance() const noexcept { return options_.instance; }
  /// `up`: the link of commands. Set before start().
  void observe(std::function<void(bool up)> observer) { observer_ = std::move(observer); }

 private:
  struct LookUp;
  struct Claim;
  using LookUpPtr = std::shared_ptr<LookUp>;
  struct Loaded {
    store::EntryPtr entry;
    store::SharedMoment asked_at;
  };
  ConnectionOptions connection_options(const std::string& what, std::size_t longest_text);
  std::shared_ptr<Link> make_link(const std::string& what, std::size_t longest_text, Link::Hooks hooks);
  void make_links();
  void reset_links();
  net::Task<> tick_forever();
  void tick();
  void beat(bool in_time);
  void link_changed(bool up);
  void update();
  void take_announced(std::span<const caching::Invalidation> all);
  void flush_outbox();
  void take_kept_out(const caching::Invalidation& what);
  void save_local_bans();
  void run_and_wait(std::function<void()> job);
  void look_at_absence();
  // tier_records.cpp:
  void ask(const LookUpPtr& look_up);
  static std::chrono::steady_clock::time_point latest_end_of(const LookUp& look_up);
  bool is_arriving(LookUp& look_up) const;
  void give_time(const LookUpPtr& look_up);
  void watch(const LookUpPtr& look_up);
  void take(const LookUpPtr& look_up, const Reply* reply);
  bool take_record(LookUp& look_up, std::string_view bytes);
  bool ends_with(LookUp& look_up, const store::EntryPtr& entry, bool is_newer) const;
  RecordFault judge(LookUp& look_up, std::string_view bytes, store::EntryPtr& entry);
  bool is_in_force(const RecordReader& reader) const;
  Duration patience() const noexcept;
  void write(const Loaded& loaded);
  struct Sealed {
    std::string key, record, useless_at;
  };
  Sealed sealed(const store::Entry& entry, std::uint64_t ordinal);
  void send_record(const store::Entry& entry, std::uint64_t ordinal);
  void send_instead(const store::EntryPtr& entry, std::uint64_t ordinal);
  void written(std::uint64_t bytes, const Reply* reply);
  bool writes_are_paused() const noexcept;
  bool is_worth_sharing(const store::Entry& entry) const;
  void drop(const char* why);
  void note_wait(const LookUp& look_up, const char* result);
  // tier_look.cpp:
  struct Look;
  using LookPtr = std::shared_ptr<Look>;
  void see_holder(const LookPtr& look, const Reply* reply);
  void see_record(const LookPtr& look, const Reply* reply);
  std::string fault_of(const RecordReader& reader, RecordFault fault) const;
  // tier_claims.cpp:
  void claim(const LookUpPtr& look_up);
  void take_claim(const LookUpPtr& look_up, const Reply* reply);
  static const char* result_of(const Reply& reply) noexcept;
  void wait_for_other(const LookUpPtr& look_up);
  void release(const std::string& id, const std::string& nonce, const std::string& useless, bool asked);

  TierOptions options_;
  store::Store& store_;
  const Clock& clock_;
  Names names_;
  net::Worker loop_{0};
  Sealer sealer_;
  std::string identity_;  // of this process: instances may have one name, and begin again
  News news_;
  LocalBans local_bans_;
  bool local_bans_changed_ = false;  // since they were saved
  Pulse pulse_;
  Sweep sweep_;
  Breaker breaker_;
  std::unique_ptr<Sentinels> sentinels_;  // null: the URL names none
  std::shared_ptr<Link> commands_, bulk_, reading_;
  std::function<Member()> card_;
  std::function<void(bool)> observer_;
  std::chrono::steady_clock::time_point writes_again_{};  // none before, since memory was short
  std::chrono::steady_clock::time_point away_since_{};
  std::uint64_t claims_ = 0;
  bool blind_ = false;
  bool started_ = false;
  TierCounts counts_;
  std::map<Command, std::string> refusals_;  // of rights, the last one of each; that of draws is note_limits()'
  CommandTimes times_;
  std::atomic<bool> may_ask_{false}, is_ready_{false};
  std::atomic<std::uint64_t> queued_bytes_{0};
  std::atomic<std::uint64_t> queue_full_{0};  // records that found no room in the queue
  std::atomic<std::size_t> announced_{0};     // what the loop has not taken yet
  mutable std::mutex mutex_;                  // guards status_; held for a copy
  TierStatus status_;
};

/// "host-1a2b": for who gives the instance no name. What was chosen before stays; else it follows from `own_secret`,
/// which stands in the state directory, so that an instance without a disk tier is itself again after a crash.
std::string default_instance_name(store::Store& store, std::string_view own_secret);

}  // namespace cachearr::shared
