// The disk tier: an LMDB file with one writer, a few readers and an index in memory. A failing disk leaves it empty,
// with the reason in problem(). Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store/disk_shared.hpp"
#include "store/disk_writer.hpp"
#include "store/reader_pool.hpp"
#include "store/slow_tier.hpp"

namespace cachearr::store {

class DiskTier final : public SlowTier {
 public:
  /// What is passed by reference must outlive the tier.
  DiskTier(DiskOptions options, BanList& bans, MemoryTier& memory, const Clock& clock);
  ~DiskTier() override { stop(); }
  /// The one error: another process uses the folder. Called once, before anything else.
  Result<bool> start() { return writer_.start(); }

  bool may_hold(const Hash128& id) const noexcept override;
  void find(const Hash128& id, std::string_view identity, Done done) override;
  bool find_here(const Hash128& id, std::string_view identity, Found& found) override;
  void put(const EntryPtr& entry) override;
  bool erase(const Hash128& id) override;
  void ban_soon(const Ban& ban) override { shared_.queue.put_ban(ban); }
  void put_state(std::string_view name, std::string_view bytes) override;
  void hurry() override { shared_.queue.hurry(); }

  Result<std::uint64_t> ban(const std::function<Ban(Ids& hit)>& enforce) override;
  std::string get_state(std::string_view name) const override { return shared_.get_state(name); }
  void flush() override;
  void find_key(std::string_view key, const std::function<void(const EntryPtr&)>& visit) override;
  /// What is invalidated is left out.
  void for_each_record(Hash128 after, const RecordVisit& visit) override;

  TierStats stats() const override;
  std::string problem() const override { return shared_.problem(); }
  void stop() override;

 private:
  EntryPtr read(const Hash128& id, std::string_view identity, bool check = true);
  bool count_look_up(const Hash128& id, const EntryPtr& entry, std::uint16_t period) noexcept;
  EntryPtr by_bans(EntryPtr entry, std::uint32_t generation) const;
  EntryPtr read_file(const Hash128& id, std::string_view identity, bool check);
  EntryPtr find_in_flight(DiskFile& file, const Hash128& id, std::string_view identity);
  std::uint64_t count_hit(const Ban& ban, const Ids& counted);

  DiskShared shared_;
  DiskWriter writer_{shared_};
  ReaderPool readers_;
};

}  // namespace cachearr::store
