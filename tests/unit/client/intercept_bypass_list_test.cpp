#include "client/tunnel/intercept_bypass_list.hpp"

#include <gtest/gtest.h>

namespace cachearr::client {
namespace {

using When = InterceptBypassList::When;
using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kNow{std::chrono::hours{480'000}};

TEST(InterceptBypassList, NobodyObjectsAtFirst) {
  EXPECT_FALSE(InterceptBypassList{}.is_bypassed("192.0.2.1", "api.test", kNow));
}

TEST(InterceptBypassList, WhoObjectsIsLeftAloneForTenMinutes) {
  InterceptBypassList intercept_bypass;
  EXPECT_EQ(intercept_bypass.distrusts("192.0.2.1", "api.test", kNow), minutes{10});
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow + minutes{9}));
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow + minutes{10}));
}

TEST(InterceptBypassList, AnObjectionIsForOneClientAndOneHost) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.2", "api.test", kNow));
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "other.test", kNow));
}

TEST(InterceptBypassList, AnObjectionOfOneProgramIsNotThatOfAnotherAtItsAddress) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1 (program a)", "api.test", kNow);
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1 (program b)", "api.test", kNow));
  intercept_bypass.distrusts("192.0.2.1 (program b)", "api.test", kNow + minutes{5});
  const auto listed = intercept_bypass.list(kNow + minutes{6});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].client, "192.0.2.1");
  EXPECT_EQ(listed[0].until, kNow + minutes{15});
}

TEST(InterceptBypassList, EachObjectionInARowHoldsTwiceAsLongUpToSixHours) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(intercept_bypass.distrusts("192.0.2.1", "api.test", kNow + minutes{10}), minutes{20});
  Duration last{};
  for (int i = 0; i < 40; ++i) last = intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(last, hours{6});
}

TEST(InterceptBypassList, WhoGoesAwayBeforeItEverAskedObjects) {
  for (const auto when : {When::in_handshake, When::after_it}) {
    InterceptBypassList intercept_bypass;
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, when), minutes{10});
    EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow + minutes{10}, when), minutes{20});
  }
}

TEST(InterceptBypassList, OfWhoHasAskedBreakingOffInTheHandshakeCountsTheSecondTime) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.trusted("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), minutes{10});
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
}

TEST(InterceptBypassList, OfWhoHasAskedGoingAwayAfterTheHandshakeCountsTheFifthTime) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.trusted("192.0.2.1", "api.test", kNow);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::after_it), Duration::zero());
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::after_it), minutes{10});
}

TEST(InterceptBypassList, WhoAsksBelievesAndItsPastIsForgotten) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  intercept_bypass.trusted("192.0.2.1", "api.test", kNow + minutes{10});
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
  intercept_bypass.trusted("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
}

TEST(InterceptBypassList, ThoseWhoBelieveAreForgottenBeforeThoseWhoObject) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("objector", "api.test", kNow);
  for (std::size_t i = 0; i < InterceptBypassList::kMax * 2; ++i)
    intercept_bypass.trusted("client " + std::to_string(i), "api.test", kNow);
  EXPECT_TRUE(intercept_bypass.is_bypassed("objector", "api.test", kNow));
}

TEST(InterceptBypassList, TheListHoldsThoseThatAreLeftAloneNow) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  intercept_bypass.trusted("192.0.2.2", "api.test", kNow);
  const auto list = intercept_bypass.list(kNow);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list.front().client, "192.0.2.1");
  EXPECT_EQ(list.front().until, kNow + minutes{10});
  EXPECT_TRUE(intercept_bypass.list(kNow + hours{1}).empty());
}

TEST(InterceptBypassList, WhateverComesTheMemoryStaysBounded) {
  InterceptBypassList intercept_bypass;
  for (std::size_t i = 0; i < InterceptBypassList::kMax * 2; ++i)
    intercept_bypass.distrusts("client " + std::to_string(i), "api.test", kNow + minutes{i % 7});
  EXPECT_LE(intercept_bypass.list(kNow).size(), InterceptBypassList::kMax);
  EXPECT_TRUE(
      intercept_bypass.is_bypassed("client " + std::to_string(InterceptBypassList::kMax * 2 - 1), "api.test", kNow));
}

TEST(InterceptBypassList, ForgettingAsksEverybodyAgain) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kNow);
  intercept_bypass.forget();
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kNow));
}

}  // namespace
}  // namespace cachearr::client
