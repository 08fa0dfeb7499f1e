#include "client/tunnel/intercept_bypass_list.hpp"

#include <gtest/gtest.h>

namespace cachearr::client {
namespace {

using When = InterceptBypassList::When;
using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kSeen{std::chrono::hours{480'000}};

TEST(InterceptBypassList, NobodyObjectsAtFirst) {
  EXPECT_FALSE(InterceptBypassList{}.is_bypassed("192.0.2.1", "api.test", kSeen));
}

TEST(InterceptBypassList, WhoObjectsIsLeftAloneForTenMinutes) {
  InterceptBypassList intercept_bypass;
  EXPECT_EQ(intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen), minutes{10});
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen + minutes{9}));
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen + minutes{10}));
}

TEST(InterceptBypassList, AnObjectionIsForOneClientAndOneHost) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.2", "api.test", kSeen));
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "other.test", kSeen));
}

TEST(InterceptBypassList, AnObjectionOfOneProgramIsNotThatOfAnotherAtItsAddress) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1 (program a)", "api.test", kSeen);
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1 (program b)", "api.test", kSeen));
  intercept_bypass.distrusts("192.0.2.1 (program b)", "api.test", kSeen + minutes{5});
  const auto listed = intercept_bypass.list(kSeen + minutes{6});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].client, "192.0.2.1");
  EXPECT_EQ(listed[0].until, kSeen + minutes{15});
}

TEST(InterceptBypassList, EachObjectionInARowHoldsTwiceAsLongUpToSixHours) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  EXPECT_EQ(intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen + minutes{10}), minutes{20});
  Duration last{};
  for (int i = 0; i < 40; ++i) last = intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  EXPECT_EQ(last, hours{6});
}

TEST(InterceptBypassList, WhoGoesAwayBeforeItEverAskedObjects) {
  for (const auto when : {When::in_handshake, When::after_it}) {
    InterceptBypassList intercept_bypass;
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, when), minutes{10});
    EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen + minutes{10}, when), minutes{20});
  }
}

TEST(InterceptBypassList, OfWhoHasAskedBreakingOffInTheHandshakeCountsTheSecondTime) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.trusted("192.0.2.1", "api.test", kSeen);
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::in_handshake), Duration::zero());
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::in_handshake), minutes{10});
  EXPECT_TRUE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
}

TEST(InterceptBypassList, OfWhoHasAskedGoingAwayAfterTheHandshakeCountsTheFifthTime) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.trusted("192.0.2.1", "api.test", kSeen);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::after_it), Duration::zero());
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::after_it), minutes{10});
}

TEST(InterceptBypassList, WhoAsksBelievesAndItsPastIsForgotten) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  intercept_bypass.trusted("192.0.2.1", "api.test", kSeen + minutes{10});
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::in_handshake), Duration::zero());
  intercept_bypass.trusted("192.0.2.1", "api.test", kSeen);
  EXPECT_EQ(intercept_bypass.broke_off("192.0.2.1", "api.test", kSeen, When::in_handshake), Duration::zero());
}

TEST(InterceptBypassList, ThoseWhoBelieveAreForgottenBeforeThoseWhoObject) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("objector", "api.test", kSeen);
  for (std::size_t i = 0; i < InterceptBypassList::kMax * 2; ++i)
    intercept_bypass.trusted("client " + std::to_string(i), "api.test", kSeen);
  EXPECT_TRUE(intercept_bypass.is_bypassed("objector", "api.test", kSeen));
}

TEST(InterceptBypassList, TheListHoldsThoseThatAreLeftAloneNow) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  intercept_bypass.trusted("192.0.2.2", "api.test", kSeen);
  const auto list = intercept_bypass.list(kSeen);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list.front().client, "192.0.2.1");
  EXPECT_EQ(list.front().until, kSeen + minutes{10});
  EXPECT_TRUE(intercept_bypass.list(kSeen + hours{1}).empty());
}

TEST(InterceptBypassList, WhateverComesTheMemoryStaysBounded) {
  InterceptBypassList intercept_bypass;
  for (std::size_t i = 0; i < InterceptBypassList::kMax * 2; ++i)
    intercept_bypass.distrusts("client " + std::to_string(i), "api.test", kSeen + minutes{i % 7});
  EXPECT_LE(intercept_bypass.list(kSeen).size(), InterceptBypassList::kMax);
  EXPECT_TRUE(
      intercept_bypass.is_bypassed("client " + std::to_string(InterceptBypassList::kMax * 2 - 1), "api.test", kSeen));
}

TEST(InterceptBypassList, ForgettingAsksEverybodyAgain) {
  InterceptBypassList intercept_bypass;
  intercept_bypass.distrusts("192.0.2.1", "api.test", kSeen);
  intercept_bypass.forget();
  EXPECT_FALSE(intercept_bypass.is_bypassed("192.0.2.1", "api.test", kSeen));
}

}  // namespace
}  // namespace cachearr::client
