#include "proxy/objectors.hpp"

#include <gtest/gtest.h>

namespace cachearr::proxy {
namespace {

using When = Objectors::When;
using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kNow{std::chrono::hours{480'000}};

TEST(Objectors, NobodyObjectsAtFirst) { EXPECT_FALSE(Objectors{}.objects("192.0.2.1", "api.test", kNow)); }

TEST(Objectors, WhoObjectsIsLeftAloneForTenMinutes) {
  Objectors objectors;
  EXPECT_EQ(objectors.object("192.0.2.1", "api.test", kNow), minutes{10});
  EXPECT_TRUE(objectors.objects("192.0.2.1", "api.test", kNow));
  EXPECT_TRUE(objectors.objects("192.0.2.1", "api.test", kNow + minutes{9}));
  EXPECT_FALSE(objectors.objects("192.0.2.1", "api.test", kNow + minutes{10}));
}

TEST(Objectors, AnObjectionIsForOneClientAndOneHost) {
  Objectors objectors;
  objectors.object("192.0.2.1", "api.test", kNow);
  EXPECT_FALSE(objectors.objects("192.0.2.2", "api.test", kNow));
  EXPECT_FALSE(objectors.objects("192.0.2.1", "other.test", kNow));
}

TEST(Objectors, EachObjectionInARowHoldsTwiceAsLongUpToSixHours) {
  Objectors objectors;
  objectors.object("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(objectors.object("192.0.2.1", "api.test", kNow + minutes{10}), minutes{20});
  Duration last{};
  for (int i = 0; i < 40; ++i) last = objectors.object("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(last, hours{6});
}

TEST(Objectors, WhoGoesAwayBeforeItEverAskedObjects) {
  for (const auto when : {When::in_handshake, When::after_it}) {
    Objectors objectors;
    EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, when), minutes{10});
    EXPECT_TRUE(objectors.objects("192.0.2.1", "api.test", kNow));
    EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow + minutes{10}, when), minutes{20});
  }
}

TEST(Objectors, OfWhoHasAskedBreakingOffInTheHandshakeCountsTheSecondTime) {
  Objectors objectors;
  objectors.believed("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
  EXPECT_FALSE(objectors.objects("192.0.2.1", "api.test", kNow));
  EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), minutes{10});
  EXPECT_TRUE(objectors.objects("192.0.2.1", "api.test", kNow));
}

TEST(Objectors, OfWhoHasAskedGoingAwayAfterTheHandshakeCountsTheFifthTime) {
  Objectors objectors;
  objectors.believed("192.0.2.1", "api.test", kNow);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::after_it), Duration::zero());
  EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::after_it), minutes{10});
}

TEST(Objectors, WhoAsksBelievesAndItsPastIsForgotten) {
  Objectors objectors;
  objectors.object("192.0.2.1", "api.test", kNow);
  objectors.believed("192.0.2.1", "api.test", kNow + minutes{10});
  EXPECT_FALSE(objectors.objects("192.0.2.1", "api.test", kNow));
  EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
  objectors.believed("192.0.2.1", "api.test", kNow);
  EXPECT_EQ(objectors.broke_off("192.0.2.1", "api.test", kNow, When::in_handshake), Duration::zero());
}

TEST(Objectors, ThoseWhoBelieveAreForgottenBeforeThoseWhoObject) {
  Objectors objectors;
  objectors.object("objector", "api.test", kNow);
  for (std::size_t i = 0; i < Objectors::kMax * 2; ++i)
    objectors.believed("client " + std::to_string(i), "api.test", kNow);
  EXPECT_TRUE(objectors.objects("objector", "api.test", kNow));
}

TEST(Objectors, TheListHoldsThoseThatAreLeftAloneNow) {
  Objectors objectors;
  objectors.object("192.0.2.1", "api.test", kNow);
  objectors.believed("192.0.2.2", "api.test", kNow);
  const auto list = objectors.list(kNow);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list.front().client, "192.0.2.1");
  EXPECT_EQ(list.front().until, kNow + minutes{10});
  EXPECT_TRUE(objectors.list(kNow + hours{1}).empty());
}

TEST(Objectors, WhateverComesTheMemoryStaysBounded) {
  Objectors objectors;
  for (std::size_t i = 0; i < Objectors::kMax * 2; ++i)
    objectors.object("client " + std::to_string(i), "api.test", kNow + minutes{i % 7});
  EXPECT_LE(objectors.list(kNow).size(), Objectors::kMax);
  EXPECT_TRUE(objectors.objects("client " + std::to_string(Objectors::kMax * 2 - 1), "api.test", kNow));
}

TEST(Objectors, ForgettingAsksEverybodyAgain) {
  Objectors objectors;
  objectors.object("192.0.2.1", "api.test", kNow);
  objectors.forget();
  EXPECT_FALSE(objectors.objects("192.0.2.1", "api.test", kNow));
}

}  // namespace
}  // namespace cachearr::proxy
