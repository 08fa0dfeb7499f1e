#include "shared/roster.hpp"

#include <gtest/gtest.h>

namespace cachearr::shared {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr TimePoint kJoined{Duration{1'700'000'000'000}};
const LaneLimits kLane{2'000'000'000, 8, {{1000, hours{24}, false, 0, {}}}};

DrawAnswer answer_of(Verdict verdict, std::vector<std::uint64_t> offers) {
  DrawAnswer answer;
  answer.verdict = verdict;
  answer.lane = "lane";
  answer.members = 4;
  answer.offers = std::move(offers);
  return answer;
}

LaneMember connected_member() {
  LaneMember member;
  const auto call = member.begin_call(kJoined, 1);
  member.answered(call.number, answer_of(Verdict::go, {500'000'000, 2, 250, 200}));
  return member;
}

TEST(AMember, IsConnectedOnceItIsAnswered) {
  LaneMember member;
  EXPECT_EQ(member.standing(), Standing::joining);
  const auto call = member.begin_call(kJoined, 1);
  member.answered(call.number, answer_of(Verdict::merge, {}));
  EXPECT_EQ(member.standing(), Standing::joining);
  EXPECT_EQ(member.merged(), "");
  member = connected_member();
  EXPECT_EQ(member.standing(), Standing::connected);
  EXPECT_EQ(member.merged(), "lane");
  EXPECT_EQ(member.members(), 4U);
}

TEST(AMember, WithoutAnAnswerWaitsUntilTheOthersCountItAsMissing) {
  auto member = connected_member();
  member.begin_call(kJoined + seconds{10}, 4);
  member.cut_off();
  EXPECT_EQ(member.standing(), Standing::cut_off);
  EXPECT_FALSE(member.may_call());
  EXPECT_FALSE(member.tick(kJoined + seconds{13} - Duration{1}));
  EXPECT_TRUE(member.tick(kJoined + seconds{13}));
  EXPECT_EQ(member.standing(), Standing::away);
  EXPECT_FALSE(member.tick(kJoined + seconds{14}));
}

TEST(AMember, TakesItsShareFromTheLastAnswerLessWhatItHasAskedForSince) {
  auto member = connected_member();
  EXPECT_EQ(member.share(kLane, {}), (limit::ShareConfig{0.5, 2, {{250, 200}}}));
  member.begin_call(kJoined, 4);
  member.begin_call(kJoined, 4);
  EXPECT_EQ(member.share(kLane, {}), (limit::ShareConfig{0.5, 2, {{248, 200}}}));
}

TEST(AMember, ThatWasNeverOfferedAnythingTakesAnEqualPartLessWhatItHasUsed) {
  const LaneMember member;
  EXPECT_EQ(member.share(kLane, {3, {100}}), (limit::ShareConfig{0.666666666, 2, {{233, 333}}}));
  EXPECT_EQ(member.share(kLane, {3, {400}}).quotas[0].first, 0U);
}

TEST(AMember, ThatHasRejoinedWithoutAnAnswerTakesNothingOfTheWindowsThatAreUnderWay) {
  auto member = connected_member();
  member.cut_off();
  member.rejoin();
  EXPECT_FALSE(member.has_offers(kLane));
  EXPECT_EQ(member.share(kLane, {3, {100}}), (limit::ShareConfig{0.666666666, 2, {{0, 333}}}));
  member.rejoin();
  EXPECT_EQ(member.share(kLane, {3, {100}}).quotas[0].first, 0U);
  member.answered(member.begin_call(kJoined, 4).number, answer_of(Verdict::go, {1, 1, 7, 8}));
  EXPECT_TRUE(member.has_offers(kLane));
  EXPECT_EQ(member.share(kLane, {}).quotas[0].first, 7U);
  EXPECT_EQ(LaneMember{}.share(kLane, {3, {100}}).quotas[0].first, 233U);
}

TEST(AMember, ThatWasAwayByItselfStandsStillUntilTheOthersKnow) {
  auto member = connected_member();
  member.begin_call(kJoined, 4);
  member.cut_off();
  EXPECT_TRUE(member.tick(kJoined + seconds{30}));
  member.stand_still(kJoined + seconds{40});
  EXPECT_EQ(member.standing(), Standing::cut_off);
  EXPECT_FALSE(member.tick(kJoined + seconds{40} - Duration{1}));
  EXPECT_TRUE(member.tick(kJoined + seconds{40}));
}

TEST(AMember, IgnoresOlderAnswersAndThoseThatComeWhenItIsCutOff) {
  LaneMember member;
  const auto first = member.begin_call(kJoined, 1);
  const auto second = member.begin_call(kJoined, 1);
  member.answered(second.number, answer_of(Verdict::go, {1, 1, 1, 1}));
  member.answered(first.number, answer_of(Verdict::go, {9, 9, 9, 9}));
  EXPECT_EQ(member.share(kLane, {}).burst, 1U);
  member.cut_off();
  const auto share = member.share(kLane, {});
  member.answered(second.number + 1, answer_of(Verdict::go, {9, 9, 9, 9}));
  EXPECT_EQ(member.share(kLane, {}), share);
  EXPECT_EQ(member.standing(), Standing::cut_off);
}

TEST(AMember, ThatComesBackMergesAndHoldsNoShare) {
  auto member = connected_member();
  member.cut_off();
  member.tick(kJoined + hours{1});
  member.rejoin();
  EXPECT_EQ(member.standing(), Standing::joining);
  EXPECT_EQ(member.merged(), "");
  EXPECT_TRUE(member.may_call());
}

TEST(AMember, ThatIsBackIgnoresAnswersToWhatItAskedBefore) {
  auto member = connected_member();
  const auto late = member.begin_call(kJoined, 4);
  member.cut_off();
  member.rejoin();
  member.answered(late.number, answer_of(Verdict::go, {9, 9, 9, 9}));
  EXPECT_EQ(member.standing(), Standing::joining);
  EXPECT_EQ(member.merged(), "");
}

TEST(ALane, HoldsThePartOfAMissingMemberForItsLongestWindow) {
  EXPECT_EQ(lent_for({1, 1, {}}), std::chrono::minutes{15});
  EXPECT_EQ(lent_for(kLane), hours{24} + seconds{2});
}

TEST(ALane, OfManyMembersIsToldLessOften) {
  EXPECT_EQ(beat_every(4), seconds{1});
  EXPECT_EQ(beat_every(1000), seconds{10});
  EXPECT_EQ(grace_of(4), seconds{3});
}

}  // namespace
}  // namespace cachearr::shared
