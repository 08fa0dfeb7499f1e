#include "store/two_tier_store.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

#include "content/encoder.hpp"
#include "store/allocator.hpp"
#include "store/disk_tier.hpp"
#include "store/key_page.hpp"
#include "store/packing.hpp"
#include "store/sweeper.hpp"

namespace cachearr::store {
namespace {

// What waits for the writer is held beside the memory tier.
constexpr std::uint64_t kSmallestQueue = 8 * 1024 * 1024;
constexpr std::uint64_t kLargestQueue = 16 * 1024 * 1024;

DiskOptions disk_options(const StoreOptions& options, const PacksPtr& packs) {
  DiskOptions disk;
  disk.folder = options.disk_path;
  disk.max_bytes = options.disk_max;
  disk.max_queue_bytes = std::clamp(options.memory_max / 4, kSmallestQueue, kLargestQueue);
  disk.retry = options.disk_retry;
  disk.check_first = options.disk_check_first;
  disk.conversion.pack = [packs](const Entry& entry) { return *packs ? packed_for_disk(entry) : std::string{}; };
  disk.conversion.unpack = content::zstd_decode_into;
  return disk;
}

class TwoTierStore final : public Store {
 public:
  TwoTierStore(std::uint64_t memory_max, const MakeSlowTier& make_slow, const Clock& clock, PacksPtr packs)
      : packs_{std::move(packs)}, memory_{memory_max, bans_, clock}, slow_{make_slow(bans_, memory_)} {}
  ~TwoTierStore() override { slow_->stop(); }

  EntryPtr find(const Hash128& id, std::string_view identity) noexcept override { return memory_.find(id, identity); }
  bool may_be_on_disk(const Hash128& id) const noexcept override { return slow_->may_hold(id); }

  void find_on_disk(const Hash128& id, std::string_view identity, std::function<void(EntryPtr)> done) override {
    slow_->find(id, identity, [this, done = std::move(done)](EntryPtr entry, bool asked_before) {
      take_back(entry, asked_before);
      done(std::move(entry));
    });
  }

  bool find_on_disk_here(const Hash128& id, std::string_view identity, EntryPtr& found) override {
    SlowTier::Found look_up;
    if (!slow_->find_here(id, identity, look_up)) return false;
    take_back(look_up.entry, look_up.asked_before);
    found = std::move(look_up.entry);
    return true;
  }

  void put(EntryPtr entry) override {
    if (!entry) return;
    if (entry->generation() == 0) entry->stamp(bans_.current());
    // Memory first: until the slow tier knows it, it has to be found somewhere.
    memory_.put(entry);
    slow_->put(entry);
  }

  bool erase(const Hash128& id, std::string_view identity) override {
    const bool in_memory = memory_.erase(id, identity);
    return slow_->erase(id) || in_memory;
  }

  Result<std::uint64_t> invalidate(const Invalidation& what) override {
    std::uint64_t in_memory = 0;
    auto others = slow_->ban([&](SlowTier::Ids& hit) {
      Ban ban = sweeper_.sweep_now(what, [&](const Entry& entry) { hit.insert(entry.id()); });
      in_memory = hit.size();
      return ban;
    });
    if (others) *others += in_memory;
    return others;
  }

  void invalidate_soon(const Invalidation& what) override { slow_->ban_soon(sweeper_.sweep_soon(what)); }
  std::uint32_t generation() const noexcept override { return bans_.current(); }
  void for_each(const std::function<bool(const EntryPtr&)>& visit) const override { memory_.for_each(visit); }

  void set_compression(bool on) noexcept override {
    if (packs_) *packs_ = on;
  }

  StoreStats stats() const override {
    StoreStats stats;
    stats.memory = memory_.stats();
    stats.disk = slow_->stats();
    stats.disk_enabled = true;
    stats.disk_problem = slow_->problem();
    return stats;
  }

  std::vector<EntryPtr> find_key(std::string_view key) override {
    std::vector<EntryPtr> found = Store::find_key(key);
    const auto in_memory = found.size();
    slow_->find_key(key, [&](const EntryPtr& entry) {
      const auto same = [&](const EntryPtr& other) { return other->id() == entry->id(); };
      const auto end = found.begin() + static_cast<std::ptrdiff_t>(in_memory);
      if (is_whole(entry->meta) && std::none_of(found.begin(), end, same)) found.push_back(entry);
    });
    std::sort(found.begin(), found.end(),
              [](const EntryPtr& a, const EntryPtr& b) { return a->meta.stored_ms > b->meta.stored_ms; });
    return found;
  }

  std::vector<EntryPtr> find_keys(const std::vector<std::string>& keys) override {
    std::vector<EntryPtr> found = Store::find_keys(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (found[i]) continue;
      slow_->find_key(keys[i], [&](const EntryPtr& entry) {
        const bool newer = !found[i] || found[i]->meta.stored_ms < entry->meta.stored_ms;
        if (is_whole(entry->meta) && newer) found[i] = entry;
      });
    }
    return found;
  }

  KeyPage list(const KeyQuery& query) const override {
    const auto entries = memory_.stats().entries + slow_->stats().entries;
    return list_page(query, parts_for(entries), [this](KeyPager& pager) { offer_both(pager); });
  }

  void for_each_key(const std::function<bool(const KeyView&)>& visit) const override {
    bool wanted = true;
    memory_.for_each([&](const EntryPtr& entry) {
      wanted = !is_whole(entry->meta) || visit(view_of(*entry));
      return wanted;
    });
    if (!wanted) return;
    const auto act = [&](const Hash128& id, const IndexRecord& record) {
      return !is_whole(record.meta) || memory_.has(id) || visit(view_of(record, id));
    };
    slow_->for_each_record({}, {.act = act});
  }

  void flush() override { slow_->flush(); }
  void put_state(std::string_view name, std::string_view bytes) override { slow_->put_state(name, bytes); }
  void hurry() override { slow_->hurry(); }
  std::string get_state(std::string_view name) const override { return slow_->get_state(name); }

 private:
  void offer_both(KeyPager& pager) const {
    offer_all(pager, memory_);
    const auto wanted = [&](const Hash128& id, const IndexRecord& record) { return pager.wants(record, id); };
    const auto more = [&](const Hash128& after) { return !pager.full_before(after); };
    const auto offer = [&](const Hash128& id, const IndexRecord& record) {
      if (wanted(id, record) && !memory_.has(id)) pager.offer(info_of(record, id));
      return true;
    };
    slow_->for_each_record(pager.first(), {.act = offer, .wanted = wanted, .more = more});
  }

  /// Space is for anybody, a place that another would lose is for what was asked for before, and for markers: they are
  /// small, and each saves a look-up. What memory has by now is never older.
  void take_back(const EntryPtr& entry, bool asked_before) {
    if (!entry) return;
    const bool is_marker = (entry->meta.flags & EntryFlag::kVaryMarker) != 0;
    if (asked_before || is_marker || memory_.has_space(entry->footprint())) memory_.put_if_absent(entry);
  }

  BanList bans_;
  const PacksPtr packs_;
  MemoryTier memory_;
  const std::unique_ptr<SlowTier> slow_;
  Sweeper sweeper_{bans_, memory_};
};

}  // namespace

std::unique_ptr<Store> make_two_tier_store(std::uint64_t memory_max, const MakeSlowTier& make_slow, const Clock& clock,
                                           PacksPtr packs) {
  return std::make_unique<TwoTierStore>(memory_max, make_slow, clock, std::move(packs));
}

Result<std::unique_ptr<Store>> make_store(const StoreOptions& options, const Clock& clock) {
  bound_allocator();
  if (options.disk_path.empty()) return make_memory_store(options.memory_max, clock);
  DiskTier* disk = nullptr;
  const auto packs = std::make_shared<std::atomic<bool>>(options.compression);
  auto store = make_two_tier_store(
      options.memory_max,
      [&](BanList& bans, MemoryTier& memory) {
        auto tier = std::make_unique<DiskTier>(disk_options(options, packs), bans, memory, clock);
        disk = tier.get();
        return tier;
      },
      clock, packs);
  const auto started = disk->start();
  if (!started) return started.error();
  return store;
}

}  // namespace cachearr::store
