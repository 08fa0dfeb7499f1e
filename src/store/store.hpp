// The store as the pipeline sees it: both tiers behind one interface. All calls are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "caching/invalidation.hpp"
#include "store/entry.hpp"

namespace cachearr::store {

using caching::Invalidation;

struct TierStats {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // all that counts against the budget
  std::uint64_t max_bytes = 0;
  std::uint64_t evictions = 0;
  std::uint64_t expired = 0;
  std::uint64_t errors = 0;
};

struct StoreStats {
  TierStats memory;
  TierStats disk;  // all 0 without a disk tier
  bool disk_enabled = false;
  std::string disk_problem;  // empty: fine; else why it is degraded
};

enum class KeyOrder : std::uint8_t { none, hits, ttl, size };  // hits and size: largest first; ttl: shortest first

/// Which keys to list; empty members select nothing out.
struct KeyQuery {
  std::string pattern;  // glob
  std::string tag;
  std::string upstream;
  std::string type;
  KeyOrder order = KeyOrder::none;
  std::size_t limit = 100;
  std::string cursor;  // of the page before (is_key_cursor()); empty: from the start
};

/// True for what KeyPage::cursor may hold.
bool is_key_cursor(std::string_view text) noexcept;

/// One stored response in a list, without its body.
struct KeyInfo {
  Hash128 id;
  std::string key;
  std::string upstream;
  std::string type;
  EntryMeta meta;
  std::uint64_t bytes = 0;  // of head and body
  FetchCost cost;
  std::uint32_t hits = 0;
  std::uint32_t fetches = 1;
  bool in_memory = false;
  bool on_disk = false;
};

/// One stored response as it is come across among all of them. Its views live as long as the visit.
struct KeyView {
  std::string_view key, upstream, type;
  const EntryMeta& meta;
  FetchCost cost;
  std::uint64_t bytes = 0;  // of head and body
  std::uint32_t hits = 0, fetches = 1;
  Hash128 id = {};
};

struct KeyPage {
  std::vector<KeyInfo> keys;
  std::string cursor;  // empty: this was the last page
};

class Store {
 public:
  virtual ~Store() = default;

  /// Memory tier only: one short shard lock, one reference, no allocation. Null: not there. Compares the whole
  /// identity.
  virtual EntryPtr find(const Hash128& id, std::string_view identity) noexcept = 0;
  /// True where the disk tier might hold what find() missed; then find_on_disk is worth its trip.
  virtual bool may_be_on_disk(const Hash128& id) const noexcept = 0;
  /// Looks in the disk tier and calls `done` with what is there, or null: on a thread of the store, or before it
  /// returns where nothing has to be waited for; not at all once the store ends. The disk may be slower than whoever
  /// asks: `done` holds on to all that it touches (for a worker its handle).
  virtual void find_on_disk(const Hash128& id, std::string_view identity, std::function<void(EntryPtr)> done) = 0;
  /// The same where nothing has to be waited for: fills in `found`. False where find_on_disk has to be asked.
  virtual bool find_on_disk_here(const Hash128& /*id*/, std::string_view /*identity*/, EntryPtr& /*found*/) {
    return false;
  }
  /// Replaces what has the same identity. Never blocks on the disk.
  virtual void put(EntryPtr entry) = 0;
  virtual bool erase(const Hash128& id, std::string_view identity) = 0;
  /// Takes effect at once for every later find, and for good: it outlives a kill. Returns how many entries it named.
  /// The error: it is in effect, but the disk could not be told, so that a restart may forget it.
  virtual Result<std::uint64_t> invalidate(const Invalidation& what) = 0;
  /// The same without the count and the wait: in effect at once, swept and persisted soon. For event loops.
  virtual void invalidate_soon(const Invalidation& what) { (void)invalidate(what); }
  /// Number of the newest invalidation. Taken before an answer is asked for and given to its EntryParts, it keeps an
  /// answer that an invalidation has overtaken out of the store.
  virtual std::uint32_t generation() const noexcept { return 0; }
  /// Calls `visit` with each entry of the memory tier until it returns false; locks one shard at a time.
  virtual void for_each(const std::function<bool(const EntryPtr&)>& visit) const = 0;
  virtual StoreStats stats() const = 0;

  // What the key API needs. These look into both tiers and wait for the disk: never on an event loop.

  /// All variants that are stored under the key, markers left out; the one stored last comes first.
  virtual std::vector<EntryPtr> find_key(std::string_view key);
  /// One entry for each key, null where there is none; a single pass for all of them. The answer to "mget" and
  /// "exists".
  virtual std::vector<EntryPtr> find_keys(const std::vector<std::string>& keys);
  /// Makes all variants of the key fresh until then. Returns how many there are.
  virtual std::uint64_t expire_key(std::string_view key, TimePoint until);
  /// One page of the stored responses of both tiers; memory is bounded by the page, whatever the store's size.
  virtual KeyPage list(const KeyQuery& query) const = 0;

  /// Calls `visit` with each complete response of both tiers until it returns false, a slice at a time: no lock is held
  /// for longer than a slice takes.
  virtual void for_each_key(const std::function<bool(const KeyView&)>& visit) const;

  /// Whether text bodies are packed on their way to disk from now on.
  virtual void set_compression(bool) noexcept {}

  /// Waits until everything put so far is on disk, as far as the disk takes it; where it takes nothing, until what was
  /// replaced or erased is marked as old, so that no restart brings it back.
  virtual void flush() {}

  // State that outlives the process, beside the responses: buckets, quotas, cool-downs. Without a disk it lives in
  // memory.

  /// On disk within a second; never waits.
  virtual void put_state(std::string_view name, std::string_view bytes) = 0;
  /// What was put so far goes to disk now and not within a second. Does not wait for it.
  virtual void hurry() {}
  /// Empty where there is none. Waits for the disk.
  virtual std::string get_state(std::string_view name) const = 0;
};

struct StoreOptions {
  std::uint64_t memory_max = 256ULL * 1024 * 1024;
  std::string disk_path;  // a folder, made if it is missing; empty: memory alone
  std::uint64_t disk_max = 4ULL * 1024 * 1024 * 1024;
  bool compression = false;     // zstd for text bodies on disk
  Duration disk_retry{60'000};  // how long after the disk failed it is tried again
  // How long the start waits for the check of the file; longer ones end beside the work, and writes wait for them.
  Duration disk_check_first{50};
};

/// Both tiers. What is wrong with the disk degrades the store to memory and stands in StoreStats; the one error is a
/// folder that another process uses. Returns within a moment, whatever the size of the store. Its end flushes to disk.
Result<std::unique_ptr<Store>> make_store(const StoreOptions& options, const Clock& clock);

/// Memory alone. `max_bytes` counts entries, map slots and ghosts.
std::unique_ptr<Store> make_memory_store(std::uint64_t max_bytes, const Clock& clock);

}  // namespace cachearr::store
