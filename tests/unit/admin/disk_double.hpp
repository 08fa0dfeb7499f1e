// A memory store with a disk tier that a test fills and lets fail. Owned by a test's instance.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace cachearr::admin::test {

class DiskDouble : public store::Store {
 public:
  explicit DiskDouble(const Clock& clock) : memory_{store::make_memory_store(16 * 1024 * 1024, clock)} {}

  std::map<std::string, store::EntryPtr, std::less<>> on_disk;  // by identity
  std::string looked_for;                                       // the identity that was asked of the disk last
  std::optional<Error> failure;                                 // what the disk says to an invalidation

  store::EntryPtr find(const Hash128& id, std::string_view identity) noexcept override {
    return memory_->find(id, identity);
  }
  bool may_be_on_disk(const Hash128&) const noexcept override { return !on_disk.empty(); }
  void find_on_disk(const Hash128&, std::string_view identity, std::function<void(store::EntryPtr)> done) override {
    looked_for = identity;
    const auto found = on_disk.find(identity);
    done(found == on_disk.end() ? store::EntryPtr{} : found->second);
  }
  void put(store::EntryPtr entry) override { memory_->put(std::move(entry)); }
  bool erase(const Hash128& id, std::string_view identity) override { return memory_->erase(id, identity); }
  Result<std::uint64_t> invalidate(const store::Invalidation& what) override {
    auto count = memory_->invalidate(what);
    if (failure) return *failure;
    return count;
  }
  void for_each(const std::function<bool(const store::EntryPtr&)>& visit) const override { memory_->for_each(visit); }
  store::StoreStats stats() const override { return memory_->stats(); }
  std::vector<store::EntryPtr> find_key(std::string_view key) override { return memory_->find_key(key); }
  std::vector<store::EntryPtr> find_keys(const std::vector<std::string>& keys) override {
    return memory_->find_keys(keys);
  }
  std::uint64_t expire_key(std::string_view key, TimePoint until) override { return memory_->expire_key(key, until); }
  store::KeyPage list(const store::KeyQuery& query) const override { return memory_->list(query); }
  void put_state(std::string_view name, std::string_view bytes) override { memory_->put_state(name, bytes); }
  std::string get_state(std::string_view name) const override { return memory_->get_state(name); }

 private:
  std::unique_ptr<store::Store> memory_;
};

}  // namespace cachearr::admin::test
