// The tier behind memory, as the store of two tiers sees it: LMDB on disk, or what several instances share. All calls
// are thread-safe. A tier that fails is empty and says why; it fails no request.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.hpp"
#include "store/ban_list.hpp"
#include "store/index_record.hpp"
#include "store/store.hpp"

namespace cachearr::store {

struct RecordVisit {
  /// False: that was enough.
  std::function<bool(const Hash128& id, const IndexRecord& record)> act;
  /// Whether to visit it, by what the record says before it is known to be sound; null: yes. Asked of each, so it has
  /// to be quick.
  std::function<bool(const Hash128& id, const IndexRecord& record)> wanted = nullptr;
  /// Asked every so often whether records after this id are of interest; null: yes.
  std::function<bool(const Hash128& after)> more = nullptr;
};

class SlowTier {
 public:
  using Ids = std::unordered_set<Hash128>;
  /// `asked_before`: it has been asked for here so often lately that it deserves a place in memory.
  using Done = std::function<void(EntryPtr entry, bool asked_before)>;
  struct Found {
    EntryPtr entry;  // null: not there
    bool asked_before = false;
  };

  virtual ~SlowTier() = default;

  // For event loops: none of these waits.

  virtual bool may_hold(const Hash128& id) const noexcept = 0;
  /// Calls `done` on a thread of the tier, or before it returns where nothing has to be waited for, with null where it
  /// is not there; not at all once the tier is stopped.
  virtual void find(const Hash128& id, std::string_view identity, Done done) = 0;
  /// The same where nothing has to be waited for; false where something has.
  virtual bool find_here(const Hash128& /*id*/, std::string_view /*identity*/, Found& /*found*/) { return false; }
  virtual void put(const EntryPtr& entry) = 0;
  /// False where it is not there, as far as is known without waiting.
  virtual bool erase(const Hash128& id) = 0;
  /// The ban is in force already; it is to be kept and what it hits to be swept away.
  virtual void ban_soon(const Ban& ban) = 0;
  virtual void put_state(std::string_view name, std::string_view bytes) = 0;
  /// What was put so far is kept now.
  virtual void hurry() {}

  // These may wait.

  /// Calls `enforce`, which puts a ban in force and fills in what it hit in memory, while nothing is swept here.
  /// Returns how many others it is the first to hit here. The error: it is in force, but may be forgotten by a restart.
  virtual Result<std::uint64_t> ban(const std::function<Ban(Ids& hit)>& enforce) = 0;
  virtual std::string get_state(std::string_view name) const = 0;
  /// Waits until everything put so far is where a restart finds it.
  virtual void flush() = 0;
  /// Visits what is stored under the key; a tier that cannot tell visits nothing.
  virtual void find_key(std::string_view /*key*/, const std::function<void(const EntryPtr&)>& /*visit*/) {}
  /// Visits what is stored in the order of ids from `after` on; nothing where the tier cannot list.
  virtual void for_each_record(Hash128 /*after*/, const RecordVisit& /*visit*/) {}

  virtual TierStats stats() const = 0;
  /// Why it is degraded; empty: it is not.
  virtual std::string problem() const = 0;
  /// Drops the look-ups that wait, waits for those under way, then writes out what is left. Called once, while all that
  /// the callbacks refer to still lives.
  virtual void stop() = 0;
};

}  // namespace cachearr::store
