// S3-FIFO against a model that is written as the paper words it, without regard to speed.
#include "store/memory_shard.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <list>
#include <map>
#include <random>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::make;

class Model {
 public:
  void insert(const std::string& key, std::size_t size) {
    if (Item* old = find_item(key)) {
      const Item replaced{key, size, old->frequency};
      auto& queue = in(small_, key) ? small_ : main_;
      erase(key);
      queue.push_back(replaced);
      return;
    }
    (ghosts_.take(ghost(key)) ? main_ : small_).push_back({key, size, 0});
  }
  bool hit(const std::string& key) {
    Item* item = find_item(key);
    if (item != nullptr) item->frequency = std::min(item->frequency + 1, 3);
    return item != nullptr;
  }
  bool erase(const std::string& key) {
    const auto same = [&](const Item& item) { return item.key == key; };
    return std::erase_if(small_, same) + std::erase_if(main_, same) != 0;
  }
  void evict() {
    while (!small_.empty() || !main_.empty()) {
      if (main_.empty() || (!small_.empty() && bytes(small_) * 10 >= bytes(small_) + bytes(main_))) {
        Item item = small_.front();
        const auto count = small_.size() + main_.size();
        small_.pop_front();
        if (item.frequency < 2) return ghosts_.reserve(count), ghosts_.insert(ghost(item.key));
        item.frequency = 0;
        main_.push_back(item);
      } else {
        Item item = main_.front();
        main_.pop_front();
        if (item.frequency-- == 0) return;
        main_.push_back(item);
      }
    }
  }
  std::size_t size() const { return small_.size() + main_.size(); }
  bool has(const std::string& key) { return find_item(key) != nullptr; }

 private:
  struct Item {
    std::string key;
    std::size_t size;
    int frequency;
  };
  using Queue = std::list<Item>;
  static std::uint32_t ghost(const std::string& key) { return static_cast<std::uint32_t>(id_of(key).high); }
  static std::size_t bytes(const Queue& queue) {
    std::size_t sum = 0;
    for (const Item& item : queue) sum += item.size;
    return sum;
  }
  static Item* in(Queue& queue, const std::string& key) {
    const auto at = std::find_if(queue.begin(), queue.end(), [&](const Item& item) { return item.key == key; });
    return at == queue.end() ? nullptr : &*at;
  }
  Item* find_item(const std::string& key) {
    Item* item = in(small_, key);
    return item != nullptr ? item : in(main_, key);
  }
  Queue small_, main_;
  GhostQueue ghosts_;
};

std::size_t evicted(MemoryShard& shard) {
  DeferredFree deferred;
  shard.evict_one(deferred);
  std::size_t count = 0;
  deferred.for_each([&](const Entry&) { ++count; });
  return count;
}

TEST(MemoryShard, DoesWhatTheModelOfS3FifoDoes) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const ManualClock clock;
    std::mt19937 random{seed};
    MemoryShard shard;
    Model model;
    for (int step = 0; step < 1500; ++step) {
      // Few popular keys, many rare ones.
      const auto key = std::to_string(random() % 2 == 0 ? random() % 15 : random() % 150);
      const auto what = random() % 20;
      if (what == 0) {
        DeferredFree deferred;
        ASSERT_EQ(shard.erase(id_of(key), identity_of(key), deferred), model.erase(key));
      } else if (what < 12) {
        ASSERT_EQ(static_cast<bool>(shard.find(id_of(key), identity_of(key))), model.hit(key));
      } else {
        DeferredFree deferred;
        EntryPtr entry = make({.key = key, .body = std::string(random() % 300, 'x')}, clock);
        model.insert(key, entry->footprint());
        shard.insert(std::move(entry), deferred);
      }
      while (model.size() > 40) {
        ASSERT_EQ(evicted(shard), 1U);
        model.evict();
      }
      ASSERT_EQ(shard.size(), model.size());
    }
    shard.for_each([&](const Entry& entry) { EXPECT_TRUE(model.has(std::string{entry.key()})); });
  }
}

TEST(MemoryShard, CountsTheBytesOfItsEntries) {
  const ManualClock clock;
  MemoryShard shard;
  std::mt19937 random{1};
  std::map<std::string, std::size_t> sizes;
  DeferredFree deferred;
  for (int i = 0; i < 2000; ++i) {
    const auto key = std::to_string(random() % 100);
    if (random() % 3 == 0) {
      shard.erase(id_of(key), identity_of(key), deferred);
      sizes.erase(key);
    } else {
      EntryPtr entry = make({.key = key, .body = std::string(random() % 3000, 'x')}, clock);
      sizes[key] = entry->footprint();
      shard.insert(std::move(entry), deferred);
    }
    deferred.clear();
    std::size_t sum = 0;
    for (const auto& [name, size] : sizes) sum += size;
    ASSERT_GE(shard.bytes(), sum);
    ASSERT_LE(shard.bytes(), sum + 100 * 40);
  }
}

TEST(MemoryShard, AScanDoesNotDriveOutWhatIsAskedForOften) {
  const ManualClock clock;
  MemoryShard shard;
  DeferredFree deferred;
  for (int i = 0; i < 50; ++i) shard.insert(make({.key = "hot" + std::to_string(i)}, clock), deferred);
  for (int i = 0; i < 150; ++i)
    shard.find(id_of("hot" + std::to_string(i % 50)), identity_of("hot" + std::to_string(i % 50)));
  for (int i = 0; i < 5000; ++i) {
    shard.insert(make({.key = "scan" + std::to_string(i)}, clock), deferred);
    if (shard.size() > 100) shard.evict_one(deferred);
  }
  int left = 0;
  for (int i = 0; i < 50; ++i)
    left += shard.find(id_of("hot" + std::to_string(i)), identity_of("hot" + std::to_string(i))) ? 1 : 0;
  EXPECT_EQ(left, 50);
}

TEST(MemoryShard, EvictingFromAnEmptyShardEndsAtOnce) {
  MemoryShard shard;
  EXPECT_EQ(evicted(shard), 0U);
}

TEST(MemoryShard, CountsOnWhereAnAnswerIsReplaced) {
  const ManualClock clock;
  MemoryShard shard;
  DeferredFree deferred;
  const auto stored = [&] { return shard.find(id_of("a"), identity_of("a")); };
  shard.insert(make({.key = "a"}, clock), deferred);
  EXPECT_EQ(stored()->fetches(), 1U);
  for (int i = 0; i < 3; ++i) stored()->count_hit();
  shard.insert(make({.key = "a", .body = "newer"}, clock), deferred);
  EXPECT_EQ(stored()->hits(), 3U);
  EXPECT_EQ(stored()->fetches(), 2U);
  shard.insert(make({.key = "a", .body = "known", .fetches = 9}, clock), deferred);
  EXPECT_EQ(stored()->fetches(), 9U) << "who knows it is believed";
  const EntryPtr before = stored();
  EXPECT_TRUE(shard.substitute(*before, with_meta(*before, {}), deferred));
  EXPECT_EQ(stored()->fetches(), 9U) << "a copy was not fetched";
  EXPECT_EQ(stored()->hits(), 3U);
}

TEST(MemoryShard, CountsFromTheBeginningBehindAMarker) {
  const ManualClock clock;
  MemoryShard shard;
  DeferredFree deferred;
  shard.insert(make({.key = "a", .flags = EntryFlag::kHitForMiss}, clock), deferred);
  shard.insert(make({.key = "a"}, clock), deferred);
  EXPECT_EQ(shard.find(id_of("a"), identity_of("a"))->fetches(), 1U);
}

TEST(MemoryShard, DoesNotSubstituteWhatHasBeenReplaced) {
  const ManualClock clock;
  MemoryShard shard;
  DeferredFree deferred;
  const EntryPtr first = make({.key = "a", .body = "first"}, clock);
  shard.insert(first, deferred);
  shard.insert(make({.key = "a", .body = "second"}, clock), deferred);
  EXPECT_FALSE(shard.substitute(*first, make({.key = "a", .body = "stale"}, clock), deferred));
  EXPECT_EQ(shard.find(id_of("a"), identity_of("a"))->body(), "second");
}

}  // namespace
}  // namespace cachearr::store
