#include "store/memory_tier.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <list>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "store/sweeper.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::make;

using test::kMiB;

/// Draws ranks by Zipf's law; the same ones for the same seed.
class Zipf {
 public:
  Zipf(std::size_t count, double exponent, unsigned seed) : sums_(count), random_{seed} {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sums_[i] = sum += 1 / std::pow(static_cast<double>(i + 1), exponent);
  }
  std::size_t draw() {
    const double at = static_cast<double>(random_()) / static_cast<double>(std::mt19937_64::max()) * sums_.back();
    return static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
  std::mt19937_64 random_;
};

class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_{capacity} {}
  bool ask(std::size_t key) {
    const auto at = places_.find(key);
    if (at != places_.end()) return order_.splice(order_.begin(), order_, at->second), true;
    order_.push_front(key);
    places_[key] = order_.begin();
    if (order_.size() > capacity_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    return false;
  }

 private:
  std::size_t capacity_;
  std::list<std::size_t> order_;
  std::unordered_map<std::size_t, std::list<std::size_t>::iterator> places_;
};

class HitRate : public ::testing::TestWithParam<double> {};

TEST_P(HitRate, IsAtLeastThatOfLruOnAZipfTrace) {
  constexpr std::size_t kObjects = 20'000;
  constexpr int kRequests = 120'000;
  const ManualClock clock;
  const BanList none;
  MemoryTier tier{4 * kMiB, none, clock};
  Zipf zipf{kObjects, GetParam(), 42};
  std::vector<std::size_t> trace(kRequests);
  for (auto& one : trace) one = zipf.draw();

  int hits = 0;
  for (const auto rank : trace) {
    const auto key = std::to_string(rank);
    if (tier.find(id_of(key), identity_of(key))) {
      ++hits;
    } else {
      tier.put(make({.key = key, .body = std::string(1500, 'x')}, clock));
    }
  }
  // As many entries as ours had at most, so that LRU pays for no bookkeeping at all.
  Lru lru{tier.stats().entries};
  int lru_hits = 0;
  for (const auto rank : trace) lru_hits += lru.ask(rank) ? 1 : 0;
  EXPECT_GE(hits, lru_hits);
}

INSTANTIATE_TEST_SUITE_P(Zipf, HitRate, ::testing::Values(0.7, 0.8, 0.9, 1.0, 1.1));

TEST(MemoryTier, AdmitsALargeAnswerWithoutEmptyingItsOwnShard) {
  const ManualClock clock;
  const BanList none;
  MemoryTier tier{16 * kMiB, none, clock};
  for (int i = 0; i < 20'000; ++i) tier.put(make({.key = std::to_string(i), .body = std::string(1000, 'x')}, clock));
  const auto before = tier.stats().entries;
  EXPECT_TRUE(tier.put(make({.key = "large", .body = std::string(kMiB, 'x')}, clock)));
  EXPECT_TRUE(tier.find(id_of("large"), identity_of("large")));
  EXPECT_LE(tier.stats().bytes, 16 * kMiB);
  EXPECT_GE(tier.stats().entries, before - before / 8);
}

TEST(MemoryTier, GivesWayToWhatTheBudgetIsReservedFor) {
  const ManualClock clock;
  const BanList none;
  MemoryTier tier{8 * kMiB, none, clock};
  for (int i = 0; i < 10'000; ++i) tier.put(make({.key = std::to_string(i), .body = std::string(1000, 'x')}, clock));
  tier.reserve(3 * kMiB);
  tier.put(make({.key = "one more"}, clock));
  EXPECT_LE(tier.stats().bytes, 5 * kMiB);
}

TEST(MemoryTier, KeepsItsBooksUnderManyThreads) {
  const ManualClock clock;
  BanList bans;
  MemoryTier tier{4 * kMiB, bans, clock};
  {
    Sweeper sweeper{bans, tier};
    const auto work = [&](unsigned seed) {
      std::mt19937 random{seed};
      for (int i = 0; i < 3000; ++i) {
        const auto key = std::to_string(random() % 2000);
        const auto what = random() % 100;
        if (what == 0) {
          sweeper.sweep_soon({Invalidation::Kind::key, key, random() % 2 == 0});
        } else if (what == 1) {
          sweeper.sweep_now({Invalidation::Kind::pattern, key + "*", random() % 2 == 0}, [](const Entry&) {});
        } else if (what < 5) {
          tier.erase(id_of(key), identity_of(key));
        } else if (what < 30) {
          tier.put(make({.key = key, .body = key + std::string(random() % 5000, 'x')}, clock));
        } else if (const EntryPtr entry = tier.find(id_of(key), identity_of(key))) {
          entry->count_hit();
          if (entry->body().substr(0, key.size()) != key) ADD_FAILURE() << "a wrong body for " << key;
        }
      }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i + 1);
    for (auto& thread : threads) thread.join();
  }
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  tier.for_each([&](const EntryPtr& entry) { return ++entries, bytes += entry->footprint(), true; });
  EXPECT_EQ(tier.stats().entries, entries);
  EXPECT_GE(tier.stats().bytes, bytes);
  EXPECT_LE(tier.stats().bytes, 4 * kMiB);
}

}  // namespace
}  // namespace cachearr::store
