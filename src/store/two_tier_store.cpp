// Both tiers as one store: answers live in memory and on disk at once, what memory drops is still on disk, and what is
// asked for again there comes back to memory by merit.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/compression.hpp"
#include "store/disk_tier.hpp"
#include "store/key_page.hpp"
#include "store/memory_tier.hpp"
#include "store/store.hpp"
#include "store/sweeper.hpp"

namespace cachearr::store {
namespace {

DiskOptions disk_options(const StoreOptions& options) {
  DiskOptions disk;
  disk.folder = options.disk_path;
  disk.max_bytes = options.disk_max;
  disk.retry = options.disk_retry;
  disk.check_first = options.disk_check_first;
  disk.conversion.label = options.label;
  if (options.compression) disk.conversion.pack = packed_for_disk;
  disk.conversion.unpack = zstd_decode_into;
  return disk;
}

class TwoTierStore final : public Store {
 public:
  TwoTierStore(const StoreOptions& options, const Clock& clock)
      : memory_{options.memory_max, invalidations_, clock},
        disk_{disk_options(options), invalidations_, memory_, clock} {}

  Result<bool> start() { return disk_.start(); }

  EntryPtr find(const Hash128& id, std::string_view identity) noexcept override { return memory_.find(id, identity); }
  bool may_be_on_disk(const Hash128& id) const noexcept override { return disk_.may_hold(id); }

  void find_on_disk(const Hash128& id, std::string_view identity, std::function<void(EntryPtr)> done) override {
    disk_.find(id, identity, [this, done = std::move(done)](EntryPtr entry) {
      if (entry) promote(entry);
      done(std::move(entry));
    });
  }

  void put(EntryPtr entry) override {
    if (!entry) return;
    if (entry->generation() == 0) entry->stamp(invalidations_.current());
    // Memory first: until the disk knows it, it has to be found somewhere.
    memory_.put(entry);
    disk_.put(entry);
  }

  bool erase(const Hash128& id, std::string_view identity) override {
    const bool in_memory = memory_.erase(id, identity);
    return disk_.erase(id) || in_memory;
  }

  std::uint64_t invalidate(const Selector& selector) override {
    const DiskTier::Count counting{disk_};
    DiskTier::Ids in_memory;
    const auto rule = sweeper_.sweep_now(selector, [&](const Entry& entry) { in_memory.insert(entry.id()); });
    const auto on_disk = disk_.count_hit(rule, in_memory);
    disk_.add_rule(rule);
    disk_.wait_for_rules();
    return in_memory.size() + on_disk;
  }

  void invalidate_soon(const Selector& selector) override { disk_.add_rule(sweeper_.sweep_soon(selector)); }
  std::uint32_t generation() const noexcept override { return invalidations_.current(); }
  void for_each(const std::function<bool(const EntryPtr&)>& visit) const override { memory_.for_each(visit); }

  StoreStats stats() const override {
    StoreStats stats;
    stats.memory = memory_.stats();
    stats.disk = disk_.stats();
    stats.disk_enabled = true;
    stats.disk_problem = disk_.problem();
    return stats;
  }

  std::vector<EntryPtr> find_key(std::string_view key) override {
    std::vector<EntryPtr> found = Store::find_key(key);
    const auto in_memory = found.size();
    disk_.find_key(key, [&](const EntryPtr& entry) {
      const auto same = [&](const EntryPtr& other) { return other->id() == entry->id(); };
      const auto end = found.begin() + static_cast<std::ptrdiff_t>(in_memory);
      if (is_response(entry->meta) && std::none_of(found.begin(), end, same)) found.push_back(entry);
    });
    std::sort(found.begin(), found.end(),
              [](const EntryPtr& a, const EntryPtr& b) { return a->meta.stored_ms > b->meta.stored_ms; });
    return found;
  }

  std::vector<EntryPtr> find_keys(const std::vector<std::string>& keys) override {
    std::vector<EntryPtr> found = Store::find_keys(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (found[i]) continue;
      disk_.find_key(keys[i], [&](const EntryPtr& entry) {
        const bool newer = !found[i] || found[i]->meta.stored_ms < entry->meta.stored_ms;
        if (is_response(entry->meta) && newer) found[i] = entry;
      });
    }
    return found;
  }

  KeyPage list(const KeyQuery& query) const override {
    KeyPager pager{query};
    memory_.for_each([&](const EntryPtr& entry) {
      if (is_response(entry->meta) && pager.selects(subject_of(*entry), entry->type())) pager.offer(info_of(*entry));
      return true;
    });
    disk_.for_each_card(query.order == KeyOrder::none ? pager.after() : Hash128{},
                        [&](const Hash128& id, const Card& card) {
                          if (pager.full_before(id)) return false;
                          if (is_response(card.meta) && pager.selects(card.subject(), card.type) && !memory_.has(id)) {
                            pager.offer(info_of(card, id));
                          }
                          return true;
                        });
    return pager.finish();
  }

  void flush() override { disk_.flush(); }
  void put_state(std::string_view name, std::string_view bytes) override { disk_.put_state(name, bytes); }
  std::string get_state(std::string_view name) const override { return disk_.get_state(name); }

 private:
  /// Room is for anybody, a place that another would lose is for what was asked for before.
  void promote(const EntryPtr& entry) {
    if (disk_.touch(entry->id()) != 0 || memory_.has_room(entry->footprint())) memory_.put(entry);
  }

  Invalidations invalidations_;
  MemoryTier memory_;
  mutable DiskTier disk_;
  Sweeper sweeper_{invalidations_, memory_};
};

}  // namespace

Result<std::unique_ptr<Store>> make_store(const StoreOptions& options, const Clock& clock) {
  if (options.disk_path.empty()) return make_memory_store(options.memory_max, clock);
  auto store = std::make_unique<TwoTierStore>(options, clock);
  const auto started = store->start();
  if (!started) return started.error();
  return std::unique_ptr<Store>{std::move(store)};
}

}  // namespace cachearr::store
