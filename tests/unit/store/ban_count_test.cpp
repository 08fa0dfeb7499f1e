// What an invalidation counts on disk, however the writer gets on meanwhile.
#include <gtest/gtest.h>
#include <string>

#include "store/disk_tier.hpp"
#include "support/until.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using Kind = Invalidation::Kind;

using test::kMiB;
constexpr std::uint64_t kEntries = 10;

/// A disk tier whose writer does all that it has to between a ban's coming into force and the count of what it hit.
class BanCount : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto started = tier.start();
    ASSERT_TRUE(started) << started.error().what;
  }
  void TearDown() override { tier.stop(); }

  void put_all() {
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      const EntryPtr entry = test::make({.key = "k" + std::to_string(i), .generation = bans.current()}, clock);
      tier.put(entry);
    }
  }
  std::uint64_t ban(Kind kind, const std::string& text, bool soft = false) {
    const auto count = tier.ban([&](SlowTier::Ids&) {
      const Ban added = bans.add({kind, text, soft});
      for (int i = 0; i < 3; ++i) {
        // Whatever the writer does in a round is done once it has dealt with the next one's work.
        tier.put_state("round", std::to_string(i));
        tier.flush();
      }
      return added;
    });
    EXPECT_TRUE(count);
    return count.value();
  }
  DiskOptions options() const {
    DiskOptions made;
    made.folder = folder.path();
    made.max_bytes = 16 * kMiB;
    made.check_first = Duration{60'000};
    return made;
  }

  ManualClock clock;
  test::Folder folder;
  BanList bans;
  MemoryTier memory{kMiB, bans, clock};
  DiskTier tier{options(), bans, memory, clock};
};

TEST_F(BanCount, HasWhatIsWrittenAfterTheBan) {
  put_all();
  EXPECT_EQ(ban(Kind::pattern, "k*"), kEntries);
}

TEST_F(BanCount, HasWhatIsWrittenStaleAfterTheBan) {
  put_all();
  EXPECT_EQ(ban(Kind::pattern, "k*", true), kEntries);
}

TEST_F(BanCount, HasWhatWasWrittenBeforeTheBan) {
  put_all();
  tier.flush();
  EXPECT_EQ(ban(Kind::pattern, "k*"), kEntries);
}

TEST_F(BanCount, HasNothingThatAnEarlierBanHit) {
  put_all();
  EXPECT_EQ(ban(Kind::key, "k1"), 1U);
  EXPECT_EQ(ban(Kind::all, ""), kEntries - 1);
  EXPECT_EQ(ban(Kind::all, ""), 0U);
}

TEST_F(BanCount, IsFollowedByTheSweepOfWhatWasWrittenMeanwhile) {
  put_all();
  ban(Kind::key, "k1");
  EXPECT_TRUE(cachearr::test::until([&] { return tier.stats().entries == kEntries - 1; }));
}

}  // namespace
}  // namespace cachearr::store
