#include <map>
#include <mutex>
#include <string>

#include "store/key_page.hpp"
#include "store/memory_tier.hpp"
#include "store/store.hpp"
#include "store/sweeper.hpp"

namespace cachearr::store {
namespace {

class MemoryStore final : public Store {
 public:
  MemoryStore(std::uint64_t max_bytes, const Clock& clock) : memory_{max_bytes, bans_, clock} {}

  EntryPtr find(const Hash128& id, std::string_view identity) noexcept override { return memory_.find(id, identity); }
  bool may_be_on_disk(const Hash128&) const noexcept override { return false; }
  void find_on_disk(const Hash128&, std::string_view, std::function<void(EntryPtr)> done) override { done({}); }
  void put(EntryPtr entry) override {
    if (entry) memory_.put(std::move(entry));
  }
  bool erase(const Hash128& id, std::string_view identity) override { return memory_.erase(id, identity); }
  Result<std::uint64_t> invalidate(const Invalidation& what) override {
    std::uint64_t count = 0;
    sweeper_.sweep_now(what, [&](const Entry&) { ++count; });
    return count;
  }
  void invalidate_soon(const Invalidation& what) override { sweeper_.sweep_soon(what); }
  std::uint32_t generation() const noexcept override { return bans_.current(); }
  void for_each(const std::function<bool(const EntryPtr&)>& visit) const override { memory_.for_each(visit); }
  KeyPage list(const KeyQuery& query) const override {
    return list_page(query, parts_for(memory_.stats().entries), [this](KeyPager& pager) { offer_all(pager, memory_); });
  }
  StoreStats stats() const override {
    StoreStats stats;
    stats.memory = memory_.stats();
    return stats;
  }
  void put_state(std::string_view name, std::string_view bytes) override {
    const std::lock_guard lock{state_mutex_};
    state_.insert_or_assign(std::string{name}, std::string{bytes});
  }
  std::string get_state(std::string_view name) const override {
    const std::lock_guard lock{state_mutex_};
    const auto at = state_.find(name);
    return at == state_.end() ? std::string{} : at->second;
  }

 private:
  mutable std::mutex state_mutex_;
  std::map<std::string, std::string, std::less<>> state_;  // guarded by state_mutex_
  BanList bans_;
  MemoryTier memory_;
  Sweeper sweeper_{bans_, memory_};
};

}  // namespace

std::unique_ptr<Store> make_memory_store(std::uint64_t max_bytes, const Clock& clock) {
  return std::make_unique<MemoryStore>(max_bytes, clock);
}

}  // namespace cachearr::store
