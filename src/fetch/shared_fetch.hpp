// One response on its way from an origin, and those who wait for it. The fetch writes it, belongs to no client, and
// wakes the readers by event; each reader takes the response at its own pace.
//
// Thread-safe: readers may sit on other workers than the fetch. Held by shared_ptr by the fetch, the readers and the
// table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "fetch/fetch_outcome.hpp"
#include "net/event.hpp"
#include "net/worker.hpp"

namespace cachearr::fetch {

using ChunkPtr = std::shared_ptr<const std::string>;

/// Where a reader stands after waiting.
struct Arrival {
  enum class Kind : std::uint8_t { interim, outcome, data, end, broken } kind = Kind::end;
  ChunkPtr data;
  std::string interim;  // a whole 1xx head
};

class SharedFetch;

/// Wakes whoever waits on one worker, from any thread. Shared with the wake-ups under way, so that neither the waiter
/// nor the worker need outlive them.
class Wakeup {
 public:
  explicit Wakeup(net::Worker& worker) : worker_{worker.handle()}, event_{worker} {}
  static void wake(const std::shared_ptr<Wakeup>& wakeup);
  const net::WorkerHandle& worker() const noexcept { return worker_; }
  net::Task<> wait() { return event_.wait(); }

 private:
  net::WorkerHandle worker_;
  net::Event event_;  // set on that worker only
};

/// One waiting client. Lives on its worker; made and destroyed there.
class FetchReader {
 public:
  FetchReader(std::shared_ptr<SharedFetch> shared_fetch, net::Worker& worker);
  ~FetchReader();
  FetchReader(const FetchReader&) = delete;
  FetchReader& operator=(const FetchReader&) = delete;

  /// The next interim answer, or the outcome.
  net::Task<Arrival> wait_outcome();
  const FetchOutcome& outcome() const noexcept;  // REQUIRES: wait_outcome() gave Kind::outcome
  /// The next piece of the body, its end, or that it broke off; false where that is not known yet.
  bool poll(Arrival& into);
  /// Field lines behind the body. REQUIRES: poll() gave Kind::end.
  const std::string& trailers() const noexcept;
  /// What the response has cost, for one who did not have to ask for it (none: the origin was not asked), and where it
  /// is stored. REQUIRES: as trailers(), or an answer without a body.
  const std::optional<caching::FetchCost>& cost() const noexcept;
  const store::EntryPtr& stored() const noexcept;
  /// How long the fetch stood in line at the limiter. REQUIRES: as outcome().
  Duration waited() const noexcept;
  /// Waits until poll() may say more, or until wake().
  net::Task<> wait_body();
  void wake() { Wakeup::wake(wakeup_); }

 private:
  friend class SharedFetch;
  bool poll_outcome(Arrival& into);
  std::shared_ptr<SharedFetch> shared_fetch_;
  std::shared_ptr<Wakeup> wakeup_;
  std::size_t interims_ = 0;
  std::uint64_t position_ = 0;  // guarded by the shared fetch's mutex, as is:
  std::uint64_t next_ = 0;      // the number of the chunk that begins at position_
};

class SharedFetch {
 public:
  /// Bytes a fetch may be ahead of the fastest reader when nothing is stored, and of the slowest one.
  static constexpr std::uint64_t kWindow = 256 * 1024;
  static constexpr std::uint64_t kMaxLag = 64 * 1024 * 1024;

  explicit SharedFetch(net::Worker& worker);
  ~SharedFetch();

  // For the fetch, on its worker only.
  void interim(std::string head);
  bool is_pending() const;  // not decided
  /// It has stood in line at the limiter. Before decide().
  void waited(Duration duration);
  void decide(FetchOutcome outcome);
  /// Appends to the body. `keep`: everything stays (it may be stored); else what all readers have seen is let go.
  void append(std::string_view data, bool keep);
  /// The whole response is here. `stored`: what became of it in the store, or null. Before finish(), and before
  /// decide() where there is no body.
  void arrived(const caching::FetchCost& cost, store::EntryPtr stored);
  /// `trailers`: field lines behind the body, CRLF included, for readers whose clients take them.
  void finish(std::string trailers = {});
  void break_off();
  /// Waits until a reader has come within the window, and none is too far behind: who takes nothing at all is given up
  /// by its own connection's limit. Returns false where nobody reads any more.
  net::Task<bool> wait_for_readers();
  /// All of the body so far; only while everything was kept.
  std::vector<std::string_view> pieces() const;
  std::uint64_t size() const noexcept;
  bool has_readers() const noexcept;
  /// Called once, on the worker of the fetch, when the last reader left before the end.
  void on_abandoned(std::function<void()> call);

 private:
  friend class FetchReader;
  enum class Body : std::uint8_t { open, complete, broken };
  void wake_locked();
  void drop_seen_locked();
  bool may_go_on_locked() const noexcept;
  void wake_fetch_locked();

  const std::shared_ptr<Wakeup> fetch_;
  mutable std::mutex mutex_;  // guards everything below
  FetchOutcome outcome_;      // constant once its kind is not pending, as is:
  Duration waited_{};
  std::vector<std::string> interims_;
  std::vector<ChunkPtr> chunks_;
  std::uint64_t base_ = 0;     // position of chunks_.front()
  std::uint64_t dropped_ = 0;  // its number
  std::uint64_t end_ = 0;
  Body body_ = Body::open;
  std::string trailers_;  // constant once the body is complete, as are:
  std::optional<caching::FetchCost> cost_;
  store::EntryPtr stored_;
  std::vector<FetchReader*> readers_;
  std::vector<std::shared_ptr<Wakeup>> waiting_;
  std::function<void()> abandoned_;
  bool fetch_waits_ = false;
};

}  // namespace cachearr::fetch
