// The disk tier: an LMDB file with one writer and a few readers, an index of it in memory, and the tier's own troubles
// kept to itself: with the disk gone it is empty and says why. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "store/disk_shared.hpp"
#include "store/disk_writer.hpp"
#include "store/reader_pool.hpp"
#include "store/store.hpp"

namespace cachearr::store {

class DiskTier {
 public:
  /// What is passed by reference must outlive the tier.
  DiskTier(DiskOptions options, Invalidations& invalidations, MemoryTier& memory, const Clock& clock);
  /// Writes out what is left.
  ~DiskTier();
  /// The one error: another process uses the folder. Called once, before anything else.
  Result<bool> start() { return writer_.start(); }

  // For event loops.
  bool may_hold(const Hash128& id) const noexcept;
  void find(const Hash128& id, std::string_view identity, std::function<void(EntryPtr)> done);
  void put(const EntryPtr& entry);
  /// False where it is not there, as far as is known without the disk.
  bool erase(const Hash128& id);
  void put_state(std::string_view name, std::string_view bytes);
  /// The rule is on its way to the disk and will be swept.
  void add_rule(const Invalidation& rule) { shared_.queue.put_rule(rule); }

  // Waiting for the disk.
  EntryPtr read(const Hash128& id, std::string_view identity);
  std::string get_state(std::string_view name) const { return shared_.get_state(name); }
  void flush();
  void wait_for_rules() { shared_.queue.wait_for_rules(); }
  using Ids = std::unordered_set<Hash128>;
  /// How many responses the rule is the first to hit, those of `counted` left out. Sweeps wait meanwhile.
  std::uint64_t count_hit(const Invalidation& rule, const Ids& counted);
  /// Holds sweeps back while it lives; taken before the rule is added.
  class Count {
   public:
    explicit Count(DiskTier& tier) : tier_{tier} { tier_.shared_.counting.fetch_add(1); }
    ~Count() {
      tier_.shared_.counting.fetch_sub(1);
      tier_.shared_.queue.wake();
    }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;

   private:
    DiskTier& tier_;
  };
  void find_key(std::string_view key, const std::function<void(const EntryPtr&)>& visit);
  /// Visits cards in the order of their ids from `after` on, until `visit` returns false. What is invalidated is left
  /// out.
  void for_each_card(Hash128 after, const std::function<bool(const Hash128&, const Card&)>& visit);
  unsigned touch(const Hash128& id) noexcept { return shared_.index.touch(id); }

  bool is_up() const noexcept { return shared_.is_up(); }
  std::string problem() const { return shared_.problem(); }
  TierStats stats() const;

 private:
  EntryPtr judged(EntryPtr entry, std::uint32_t generation) const;
  EntryPtr read_file(const Hash128& id, std::string_view identity);
  EntryPtr find_lent(DiskFile& file, const Hash128& id, std::string_view identity);

  DiskShared shared_;
  DiskWriter writer_{shared_};
  ReaderPool readers_;
};

}  // namespace cachearr::store
