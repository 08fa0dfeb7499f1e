#include "shared/draw.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace cachearr::shared {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kDrawn{Duration{1'700'000'000'000}};

Reply number_reply(std::int64_t number) {
  Reply reply;
  reply.kind = Reply::Kind::number;
  reply.number = number;
  return reply;
}

Reply list_reply(const std::vector<std::int64_t>& before, const std::string& lane,
                 const std::vector<std::int64_t>& behind) {
  Reply reply;
  reply.kind = Reply::Kind::list;
  for (const auto number : before) reply.items.push_back(number_reply(number));
  Reply id;
  id.kind = Reply::Kind::text;
  id.text = lane;
  reply.items.push_back(id);
  for (const auto number : behind) reply.items.push_back(number_reply(number));
  return reply;
}

TEST(ADraw, NamesItsLimitsInWholeNumbers) {
  limit::RateConfig config;
  config.per_second = 0.5;
  config.burst = 8;
  const auto limits = lane_limits(config);
  EXPECT_EQ(limits.nano_tokens, 500'000'000U);
  EXPECT_EQ(limits.burst, 8U);
  config.per_second = 0;
  EXPECT_EQ(lane_limits(config).nano_tokens, 0U);
  EXPECT_EQ(lane_limits(config).burst, 0U);
}

TEST(ADraw, PutsItsWordsWhereTheScriptLooksForThem) {
  const LaneLimits limits{2'000'000'000, 8, {{1000, hours{24}, true, 50, limit::LimitScope::grab}}};
  const Draw draw{
      Draw::What::draw, true, 7, 6, kDrawn, Duration{3'000}, 4, "b,c", limit::Priority::background, false, true};
  const Words expected{"a",    "run",      "lane", "1",          "draw", "1", "7", "6", "1700000000000",
                       "3000", "4",        "b,c",  "2000000000", "8",    "2", "0", "0", "1",
                       "1000", "86400000", "1",    "50",         "0"};
  EXPECT_EQ(draw_words({"a", "run", "lane"}, limits, draw), expected);
}

TEST(ADraw, OfADownloadIsCountedByTheQuotasOfDownloads) {
  const LaneLimits limits{0, 0, {{10, hours{1}, false, 0, limit::LimitScope::grab}, {10, hours{1}, false, 0, {}}}};
  Draw draw;
  draw.grab = true;
  const auto words = draw_words({"a", "run", ""}, limits, draw);
  EXPECT_EQ(words[22], "1");
  EXPECT_EQ(words[27], "1");
}

TEST(ADraw, HasOneKeyForEachQuotaByItsWindowAndTheEpochOnOneServer) {
  const Names names{"p"};
  const std::vector<limit::QuotaConfig> quotas{
      {10, hours{1}, false, 0, limit::LimitScope::grab}, {5, minutes{1}, true, 0, {}}, {7, minutes{1}, true, 0, {}}};
  EXPECT_EQ(lane_keys(names, "x", quotas, true),
            (Words{"p:l1:{x}", "p:l1:{x}:here", "p:l1:{x}:away", "p:l1:{x}:3600000r1", "p:l1:{x}:60000f0",
                   "p:l1:{x}:60000f0-2", "p:l1"}));
  EXPECT_EQ(lane_keys(names, "x", {}, false).size(), 3U);
}

TEST(ADrawsAnswer, IsReadWithItsOffers) {
  const auto reply = list_reply({1, 250, 3, 1'700'000'000'000}, "lane", {4, -7, 5, 2, 500, 1, 11, 12, 99});
  const auto answer = read_draw(reply, 1);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->verdict, Verdict::wait);
  EXPECT_EQ(answer->wait, Duration{250});
  EXPECT_EQ(answer->why, limit::Why::quota);
  EXPECT_EQ(answer->at, kDrawn);
  EXPECT_EQ(answer->lane, "lane");
  EXPECT_EQ(answer->members, 4U);
  EXPECT_EQ(answer->pauses[0].until, TimePoint{Duration{7}});
  EXPECT_FALSE(answer->pauses[0].told);
  EXPECT_EQ(answer->pauses[1].until, TimePoint{Duration{5}});
  EXPECT_TRUE(answer->pauses[1].told);
  EXPECT_EQ(answer->offers, (std::vector<std::uint64_t>{500, 1, 11, 12}));
  EXPECT_EQ(answer->left, (std::vector<std::uint64_t>{99}));
}

TEST(ADrawsAnswer, MayTellOfAPauseThatNobodyCanReckonWith) {
  const auto least = std::numeric_limits<std::int64_t>::min();
  const auto answer = read_draw(list_reply({0, 0, 0, 0}, "lane", {1, least, -(least + 1), 0}), 0);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->pauses[0].told);
  for (const auto& pause : answer->pauses) EXPECT_GT(pause.until + hours{24 * 365}, TimePoint{});
}

TEST(ADrawsAnswer, ThatIsNoneIsRefused) {
  EXPECT_FALSE(read_draw(number_reply(1), 0));
  EXPECT_FALSE(read_draw(list_reply({9, 0, 0, 0}, "", {1, 0, 0, 0}), 0));
  EXPECT_FALSE(read_draw(list_reply({0, 0, 77, 0}, "", {1, 0, 0, 0}), 0));
  EXPECT_FALSE(read_draw(list_reply({0, 0}, "", {}), 0));
}

TEST(ADrawsAnswer, LetsAsManyDrawAtOnceAsThereIsLeftFor) {
  LaneLimits rate{1'000'000'000, 8, {}}, quota;
  DrawAnswer answer;
  answer.verdict = Verdict::go;
  answer.tokens = 5;
  EXPECT_EQ(worth_drawing(answer, rate), 5U);
  answer.left = {3, 900};
  EXPECT_EQ(worth_drawing(answer, rate), 3U);
  answer.tokens = 0;
  EXPECT_EQ(worth_drawing(answer, rate), 1U);
  EXPECT_EQ(worth_drawing(answer, quota), 3U) << "there is no bucket";
  answer.left = {900, 900};
  EXPECT_EQ(worth_drawing(answer, quota), 64U);
  answer.verdict = Verdict::wait;
  EXPECT_EQ(worth_drawing(answer, quota), 1U);
}

TEST(ASeed, TellsRunsByTheServersClock) {
  const std::vector<std::vector<limit::QuotaRun>> runs{{{kDrawn, 3}}, {}};
  EXPECT_EQ(seed_words({"a", "run", "lane"}, runs, Duration{500}),
            (Words{"a", "run", "lane", "2", "1", "1700000000500", "3", "0"}));
}

TEST(APause, ThatIsToldAgainSaysSinceWhenItIsKnown) {
  EXPECT_EQ(pause_words({"a", "run", ""}, 0, {false, kDrawn + hours{1}, true, kDrawn}),
            (Words{"a", "run", "", "0", "0", "1700003600000", "1", "1700000000000"}));
}

TEST(APause, ThatIsOverIsNamedByZero) {
  EXPECT_EQ(pause_words({"a", "run", ""}, 2, {true, std::nullopt, false, {}}),
            (Words{"a", "run", "", "2", "1", "0", "0", ""}));
}

}  // namespace
}  // namespace cachearr::shared
