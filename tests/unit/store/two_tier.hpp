// A store of both tiers in a folder of its own, that a test can end and start again. One test, one thread.
#pragma once

#include <cstdint>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

#include "store/store.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store::test {

class TwoTier : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start(std::uint64_t disk_max = 16 * kMiB) {
    options.memory_max = 4 * kMiB;
    options.disk_path = folder.path();
    options.disk_max = disk_max;
    options.disk_check_first = Duration{60'000};  // however slow the machine is, it starts with all that it has
    auto made = make_store(options, clock);
    ASSERT_TRUE(made) << made.error().what;
    store = std::move(made).value();
  }
  void restart() {
    store.reset();
    start();
  }
  void put(const Made& made) { store->put(make(made, clock)); }
  /// As the pipeline does it: memory, then disk.
  EntryPtr find(const std::string& key, const std::string& variant = {}) {
    if (EntryPtr entry = store->find(id_of(key, variant), identity_of(key, variant))) return entry;
    return find_on_disk(key, variant);
  }
  EntryPtr find_on_disk(const std::string& key, const std::string& variant = {}) {
    if (!store->may_be_on_disk(id_of(key, variant))) return {};
    std::promise<EntryPtr> found;
    store->find_on_disk(id_of(key, variant), identity_of(key, variant),
                        [&](EntryPtr entry) { found.set_value(std::move(entry)); });
    return found.get_future().get();
  }
  std::uint64_t purge(Invalidation::Kind kind, const std::string& text, bool soft = false) {
    return store->invalidate({kind, text, soft}).value();
  }

  ManualClock clock;
  Folder folder;
  StoreOptions options;
  std::unique_ptr<Store> store;
};

}  // namespace cachearr::store::test
