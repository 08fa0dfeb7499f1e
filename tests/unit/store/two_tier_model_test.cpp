// Both tiers against a model that remembers everything: what is found is always the newest, never what was purged;
// counts are exact while nothing is evicted from disk; a restart changes nothing.
#include <array>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>

#include "base/text.hpp"
#include "store/store.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::make;

struct Known {
  std::string body;
  std::string tag;
  std::string upstream;
  bool stale = false;
};

class TwoTierModel : public ::testing::TestWithParam<unsigned> {
 protected:
  void restart() {
    store.reset();
    StoreOptions options;
    options.memory_max = 1024 * 1024;
    options.disk_path = folder.path();
    options.disk_max = 64ULL << 20;
    options.compression = GetParam() % 2 == 0;
    auto made = make_store(options, clock);
    ASSERT_TRUE(made);
    store = std::move(made).value();
  }
  EntryPtr find(const std::string& key) {
    if (EntryPtr entry = store->find(id_of(key), identity_of(key))) return entry;
    if (!store->may_be_on_disk(id_of(key))) return {};
    std::promise<EntryPtr> found;
    store->find_on_disk(id_of(key), identity_of(key), [&](EntryPtr entry) { found.set_value(std::move(entry)); });
    return found.get_future().get();
  }
  void put(const std::string& key) {
    Known one;
    one.body = key + std::string(random() % 20'000, static_cast<char>('a' + random() % 26));
    one.tag = "t" + std::to_string(random() % 4);
    one.upstream = "u" + std::to_string(random() % 4);
    store->put(make(
        {.key = key, .upstream = one.upstream, .tags = {one.tag}, .body = one.body, .flags = EntryFlag::kText}, clock));
    known[key] = one;
  }
  void check(const std::string& key) {
    const EntryPtr entry = find(key);
    const auto at = known.find(key);
    ASSERT_EQ(static_cast<bool>(entry), at != known.end()) << key;
    if (!entry) return;
    EXPECT_EQ(entry->body(), at->second.body);
    EXPECT_EQ((entry->meta.flags & EntryFlag::kInvalidated) != 0, at->second.stale);
  }
  /// Two of a family, or one.
  std::string some_key() {
    const auto number = std::to_string(random() % 150);
    return random() % 2 == 0 ? number : number + "?a";
  }
  Invalidation some_invalidation() {
    constexpr std::array kinds{Invalidation::Kind::key, Invalidation::Kind::key_family, Invalidation::Kind::pattern,
                               Invalidation::Kind::tag, Invalidation::Kind::upstream};
    const auto kind = kinds.at(random() % kinds.size());
    const auto digit = std::to_string(random() % 4);
    const bool soft = random() % 2 == 0;
    switch (kind) {
      case Invalidation::Kind::key: return {kind, some_key(), soft};
      case Invalidation::Kind::key_family: return {kind, std::to_string(random() % 150), soft};
      case Invalidation::Kind::pattern: return {kind, std::to_string(random() % 30) + "*", soft};
      case Invalidation::Kind::tag: return {kind, "t" + digit, soft};
      default: return {Invalidation::Kind::upstream, "u" + digit, soft};
    }
  }
  static bool names(const Invalidation& invalidation, const std::string& key, const Known& one) {
    switch (invalidation.kind) {
      case Invalidation::Kind::key: return key == invalidation.text;
      case Invalidation::Kind::key_family: return key == invalidation.text || key.starts_with(invalidation.text + "?");
      case Invalidation::Kind::pattern: return text::glob_match(invalidation.text, key);
      case Invalidation::Kind::tag: return one.tag == invalidation.text;
      case Invalidation::Kind::upstream: return one.upstream == invalidation.text;
      case Invalidation::Kind::all: return true;
    }
    return false;
  }
  std::uint64_t apply(const Invalidation& invalidation) {
    std::uint64_t count = 0;
    for (auto at = known.begin(); at != known.end();) {
      if (!names(invalidation, at->first, at->second)) {
        ++at;
        continue;
      }
      ++count;
      at->second.stale = true;
      at = invalidation.soft ? std::next(at) : known.erase(at);
    }
    return count;
  }

  ManualClock clock;
  test::Folder folder;
  std::unique_ptr<Store> store;
  std::map<std::string, Known> known;
  std::mt19937 random{GetParam()};
};

TEST_P(TwoTierModel, AndStoreAgree) {
  restart();
  for (int step = 0; step < 1200; ++step) {
    const auto key = some_key();
    const auto chance = random() % 200;
    if (chance < 80) {
      put(key);
    } else if (chance < 180) {
      check(key);
    } else if (chance < 188) {
      store->erase(id_of(key), identity_of(key));
      known.erase(key);
    } else if (chance < 194) {
      const Invalidation invalidation = some_invalidation();
      ASSERT_EQ(store->invalidate(invalidation).value(), apply(invalidation))
          << static_cast<int>(invalidation.kind) << invalidation.text << " step " << step;
    } else if (chance < 197) {
      const Invalidation invalidation = some_invalidation();
      store->invalidate_soon(invalidation);
      apply(invalidation);
    } else if (chance == 197) {
      restart();
    } else {
      store->flush();
    }
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
  restart();
  for (int i = 0; i < 150; ++i) {
    check(std::to_string(i));
    check(std::to_string(i) + "?a");
  }
  EXPECT_EQ(
      store->list({.pattern = {}, .tag = {}, .upstream = {}, .type = {}, .limit = 1000, .cursor = {}}).keys.size(),
      known.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, TwoTierModel, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace cachearr::store
