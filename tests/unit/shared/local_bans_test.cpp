#include "shared/local_bans.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::shared {
namespace {

using BanKind = caching::Invalidation::Kind;

store::BanTarget record_named(std::string_view key) { return {key, "sonarr", {}, 0}; }

TEST(LocalBans, KeepOutWhatWasWrittenBeforeAndNothingElse) {
  LocalBans bans;
  bans.add(1'000, {BanKind::pattern, "series:*", false});
  EXPECT_TRUE(bans.hit(999, record_named("series:1")));
  EXPECT_TRUE(bans.hit(1'000, record_named("series:1")));
  EXPECT_FALSE(bans.hit(1'001, record_named("series:1")));
  EXPECT_FALSE(bans.hit(999, record_named("movie:1")));
}

TEST(LocalBans, StayBoundedAndThenTrustNoOldRecord) {
  LocalBans bans;
  for (std::int64_t at = 1; at <= 1'010; ++at) bans.add(at, {BanKind::key, "series:" + std::to_string(at), false});
  EXPECT_EQ(bans.size(), LocalBans::kMost);
  EXPECT_TRUE(bans.hit(10, record_named("movie:1")));
  EXPECT_FALSE(bans.hit(11, record_named("movie:1")));
}

TEST(LocalBans, TakeOnePlaceHoweverOftenTheSameIsNamed) {
  LocalBans bans;
  for (std::int64_t at = 1; at <= 1'010; ++at) bans.add(at, {BanKind::key, "series:1", false});
  EXPECT_EQ(bans.size(), 1U);
  EXPECT_TRUE(bans.hit(1'010, record_named("series:1")));
  EXPECT_FALSE(bans.hit(10, record_named("movie:1")));
}

TEST(LocalBans, ComeBackFromTheDisk) {
  LocalBans bans, restored;
  for (std::int64_t at = 1; at <= 1'001; ++at) bans.add(at, {BanKind::key, "series:" + std::to_string(at), true});
  restored.restore(bans.encoded());
  EXPECT_EQ(restored.encoded(), bans.encoded());
  EXPECT_TRUE(restored.hit(1'001, record_named("series:1001")));
  EXPECT_TRUE(restored.hit(1, record_named("movie:1")));
  restored.restore("garbage");
  restored.restore({});
}

}  // namespace
}  // namespace cachearr::shared
