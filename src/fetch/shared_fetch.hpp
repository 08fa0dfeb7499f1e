// One answer on its way from an origin, and those who wait for it. The leader writes it, belongs to no client, and
// wakes the readers by event; each reader takes the answer at its own pace.
//
// Thread-safe: readers may sit on other workers than the leader. Held by shared_ptr by the leader, the readers and the
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

#include "http/cache_status.hpp"
#include "metrics/metrics.hpp"
#include "net/event.hpp"
#include "net/worker.hpp"
#include "store/entry.hpp"

namespace cachearr::fetch {

using ChunkPtr = std::shared_ptr<const std::string>;

/// How the answer turned out. Set once, before anything of the answer is visible.
struct Outcome {
  enum class Kind : std::uint8_t {
    pending,  // not known yet
    answer,   // head is here, the body follows
    entry,    // a stored response answers: validated just now, or stale because of `status.detail`
    failed,   // no answer; `error_status` and `error` say what to tell
    upgraded  // 101: the leader's client takes the connection over
  } kind = Kind::pending;
  std::string head;                     // answer: status line and field lines, without framing, Age and Connection
  int status = 0;                       // answer: its status; entry: what the origin said (0: it was not asked)
  std::optional<std::uint64_t> length;  // answer: of the body, where known
  bool bodiless = false;                // answer: to HEAD, 204 or 304
  std::int64_t age = -1;                // answer: the origin's Age plus transit, at `answered`; -1: none
  TimePoint answered{};
  store::EntryPtr entry;
  std::optional<metrics::StaleReason> stale;  // entry: why a stale one answers
  http::CacheStatus cache_status;             // fwd, fwd-status, stored, detail; key is the reader's
  int error_status = 0;
  std::string error;
  std::string error_fields;   // further field lines of an error, such as Retry-After
  bool shareable = true;      // false: followers make their own requests
  std::string_view tls = {};  // answer, entry: the version spoken with the origin; empty: none, or it was not asked
  std::string varies_by;      // answer, entry: names of the selecting fields…
  std::string variant;        // …and what the leader's request had there; a follower must have the same
};

/// Where a reader stands after waiting.
struct Arrival {
  enum class Kind : std::uint8_t { interim, outcome, data, end, broken } kind = Kind::end;
  ChunkPtr data;
  std::string interim;  // a whole 1xx head
};

class SharedFetch;

/// One waiting client. Lives on its worker; made and destroyed there.
class FetchReader {
 public:
  FetchReader(std::shared_ptr<SharedFetch> shared_fetch, net::Worker& worker);
  ~FetchReader();
  FetchReader(const FetchReader&) = delete;
  FetchReader& operator=(const FetchReader&) = delete;

  /// The next interim answer, or the outcome.
  net::Task<Arrival> wait_outcome();
  const Outcome& outcome() const noexcept;  // REQUIRES: wait_outcome() gave Kind::outcome
  /// The next piece of the body, its end, or that it broke off; false where that is not known yet.
  bool poll(Arrival& into);
  /// Waits until poll() may say more.
  net::Task<> wait_body();

 private:
  friend class SharedFetch;
  struct Wakeup;
  bool poll_outcome(Arrival& into);
  net::Task<> wait();
  std::shared_ptr<SharedFetch> shared_fetch_;
  std::shared_ptr<Wakeup> wakeup_;
  std::size_t interims_ = 0;
  std::uint64_t position_ = 0;  // guarded by the flight's mutex, as is:
  std::uint64_t next_ = 0;      // the number of the chunk that begins at position_
};

class SharedFetch {
 public:
  /// Bytes a leader may be ahead of the fastest reader when nothing is stored, and a reader may lag behind at the most.
  static constexpr std::uint64_t kWindow = 256 * 1024;
  static constexpr std::uint64_t kMaxLag = 8 * 1024 * 1024;

  explicit SharedFetch(net::Worker& leaders_worker);
  ~SharedFetch();

  // The leader's side; the leader's worker only.
  void interim(std::string head);
  void decide(Outcome outcome);
  /// Appends to the body. `keep`: everything stays (it is being stored); else what all readers have seen is let go.
  void append(std::string_view data, bool keep);
  void finish();
  void break_off();
  /// Waits until a reader has come within the window. Returns false where nobody reads any more.
  net::Task<bool> make_room();
  /// All of the body so far; only while everything was kept.
  std::vector<std::string_view> pieces() const;
  std::uint64_t size() const noexcept;
  bool has_readers() const noexcept;
  /// Called once, on the leader's worker, when the last reader left before the end.
  void on_abandoned(std::function<void()> call);

 private:
  friend class FetchReader;
  enum class Body : std::uint8_t { open, complete, broken };
  void wake_locked();
  void drop_seen_locked();
  std::uint64_t fastest_locked() const noexcept;
  void left_locked();

  net::Worker& worker_;
  mutable std::mutex mutex_;  // guards everything below
  Outcome outcome_;           // constant once its kind is not pending
  std::vector<std::string> interims_;
  std::vector<ChunkPtr> chunks_;
  std::uint64_t base_ = 0;     // position of chunks_.front()
  std::uint64_t dropped_ = 0;  // its number
  std::uint64_t end_ = 0;
  Body body_ = Body::open;
  std::vector<FetchReader*> readers_;
  std::vector<std::shared_ptr<FetchReader::Wakeup>> waiting_;
  std::function<void()> abandoned_;
  net::Event room_;  // set on the leader's worker only
  bool leader_waits_ = false;
};

}  // namespace cachearr::fetch
