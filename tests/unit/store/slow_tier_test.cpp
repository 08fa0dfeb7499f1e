// The store of two tiers against a slow tier of the test's own.
#include "store/slow_tier.hpp"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/two_tier_store.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using Kind = Invalidation::Kind;
using test::id_of;
using test::identity_of;
using test::make;

/// What the store has done with the tier; outlives it.
struct Seen {
  std::unordered_map<Hash128, EntryPtr> kept;
  std::vector<Ban> bans;
  std::map<std::string, std::string, std::less<>> state;
  std::optional<Error> refuses_bans;
  std::uint64_t hit_here = 0;  // what the tier says that the next ban hits
  std::size_t hit_in_memory = 0;
  bool asked_before = false;
  int flushed = 0;
  int stopped = 0;
  std::vector<std::pair<EntryPtr, SlowTier::Done>> asked;  // look-ups that the test answers

  void answer() {
    for (auto& [entry, done] : std::exchange(asked, {})) done(entry, asked_before);
  }
};

class FakeTier final : public SlowTier {
 public:
  explicit FakeTier(Seen& seen) : seen_{seen} {}
  bool may_hold(const Hash128& id) const noexcept override { return seen_.kept.contains(id); }
  void find(const Hash128& id, std::string_view, Done done) override {
    const auto at = seen_.kept.find(id);
    seen_.asked.emplace_back(at == seen_.kept.end() ? EntryPtr{} : at->second, std::move(done));
  }
  void put(const EntryPtr& entry) override { seen_.kept.insert_or_assign(entry->id(), entry); }
  bool erase(const Hash128& id) override { return seen_.kept.erase(id) != 0; }
  void ban_soon(const Ban& ban) override { seen_.bans.push_back(ban); }
  void put_state(std::string_view name, std::string_view bytes) override { seen_.state[std::string{name}] = bytes; }
  Result<std::uint64_t> ban(const std::function<Ban(Ids&)>& enforce) override {
    Ids hit;
    seen_.bans.push_back(enforce(hit));
    seen_.hit_in_memory = hit.size();
    if (seen_.refuses_bans) return *seen_.refuses_bans;
    return seen_.hit_here;
  }
  std::string get_state(std::string_view name) const override { return seen_.state.find(name)->second; }
  void flush() override { ++seen_.flushed; }
  TierStats stats() const override { return {.entries = seen_.kept.size()}; }
  std::string problem() const override { return "slow today"; }
  void stop() override {
    ++seen_.stopped;
    seen_.asked.clear();
  }

 private:
  Seen& seen_;
};

class SlowTierTest : public ::testing::Test {
 protected:
  void put(const std::string& key, std::string body = "{}") {
    store->put(make({.key = key, .body = std::move(body)}, clock));
  }
  bool in_memory(const std::string& key) { return static_cast<bool>(store->find(id_of(key), identity_of(key))); }
  /// Moves it out of memory.
  void forget(const std::string& key) {
    const EntryPtr entry = seen.kept.at(id_of(key));
    store->erase(id_of(key), identity_of(key));
    seen.kept.emplace(id_of(key), entry);
  }
  EntryPtr look_up(const std::string& key) {
    EntryPtr found;
    store->find_on_disk(id_of(key), identity_of(key), [&](EntryPtr entry) { found = std::move(entry); });
    seen.answer();
    return found;
  }

  ManualClock clock;
  Seen seen;
  std::unique_ptr<Store> store = make_two_tier_store(
      1024 * 1024, [this](BanList&, MemoryTier&) { return std::make_unique<FakeTier>(seen); }, clock);
};

TEST_F(SlowTierTest, IsToldOfWhatIsPutErasedAndFlushed) {
  put("a");
  EXPECT_TRUE(store->may_be_on_disk(id_of("a")));
  EXPECT_TRUE(in_memory("a"));
  EXPECT_TRUE(store->erase(id_of("a"), identity_of("a")));
  EXPECT_FALSE(store->may_be_on_disk(id_of("a")));
  EXPECT_FALSE(store->erase(id_of("a"), identity_of("a")));
  store->flush();
  EXPECT_EQ(seen.flushed, 1);
}

TEST_F(SlowTierTest, BringsBackToMemoryWhatThereIsSpaceFor) {
  put("a");
  forget("a");
  ASSERT_FALSE(in_memory("a"));
  EXPECT_TRUE(look_up("a"));
  EXPECT_TRUE(in_memory("a"));
  EXPECT_FALSE(look_up("b"));
}

TEST_F(SlowTierTest, BringsBackToAFullMemoryOnlyWhatWasAskedForBefore) {
  put("a", std::string(20'000, 'a'));
  forget("a");
  for (int i = 0; i < 60; ++i) put("filler" + std::to_string(i), std::string(20'000, 'f'));
  EXPECT_TRUE(look_up("a"));
  EXPECT_FALSE(in_memory("a"));
  seen.asked_before = true;
  EXPECT_TRUE(look_up("a"));
  EXPECT_TRUE(in_memory("a"));
}

TEST_F(SlowTierTest, ReplacesNothingNewerByALookUpThatIsLate) {
  put("a", "old");
  forget("a");
  EntryPtr found;
  store->find_on_disk(id_of("a"), identity_of("a"), [&](EntryPtr entry) { found = std::move(entry); });
  put("a", "new");
  seen.answer();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body(), "old");
  EXPECT_EQ(store->find(id_of("a"), identity_of("a"))->body(), "new");
}

TEST_F(SlowTierTest, AddsWhatItCountsToWhatMemoryCounts) {
  put("a");
  put("b");
  seen.hit_here = 3;
  EXPECT_EQ(store->invalidate({Kind::pattern, "*", false}).value(), 5U);
  EXPECT_EQ(seen.hit_in_memory, 2U);
  EXPECT_FALSE(in_memory("a"));
}

TEST_F(SlowTierTest, SaysThatItMayForgetABanWhichIsInForceAllTheSame) {
  put("a");
  seen.refuses_bans = Error{"no space left"};
  const auto purged = store->invalidate({Kind::key, "a", false});
  ASSERT_FALSE(purged);
  EXPECT_EQ(purged.error().what, "no space left");
  EXPECT_FALSE(in_memory("a"));
}

TEST_F(SlowTierTest, IsToldOfBansThatNobodyWaitsFor) {
  put("a");
  store->invalidate_soon({Kind::key, "a", false});
  ASSERT_EQ(seen.bans.size(), 1U);
  EXPECT_EQ(seen.bans[0].what, (Invalidation{Kind::key, "a", false}));
  EXPECT_EQ(seen.bans[0].generation, store->generation());
}

TEST_F(SlowTierTest, KeepsStateAndTellsFiguresAndTroubles) {
  store->put_state("bucket", "7");
  EXPECT_EQ(store->get_state("bucket"), "7");
  put("a");
  EXPECT_EQ(store->stats().disk.entries, 1U);
  EXPECT_EQ(store->stats().disk_problem, "slow today");
}

TEST_F(SlowTierTest, IsStoppedWhileWhatItsCallbacksReferToLives) {
  put("a");
  store->find_on_disk(id_of("a"), identity_of("a"), [](EntryPtr) { FAIL() << "the store has ended"; });
  store.reset();
  EXPECT_EQ(seen.stopped, 1);
  EXPECT_TRUE(seen.asked.empty());
}

TEST_F(SlowTierTest, NeedNotBeAbleToList) {
  put("a");
  forget("a");
  EXPECT_TRUE(store->find_key("a").empty());
  EXPECT_TRUE(store->list({}).keys.empty());
}

}  // namespace
}  // namespace cachearr::store
