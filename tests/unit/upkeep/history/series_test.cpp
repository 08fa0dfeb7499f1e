#include "upkeep/history/series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr TimePoint kHour{hours{480'000}};
constexpr std::int64_t kSeconds = 480'000 * 3600LL;

HistoryQuery asked(const HistoryArguments& arguments) {
  auto query = read_history_query(arguments, kHour);
  EXPECT_TRUE(query) << (query ? "" : query.error().what);
  return query ? *query : HistoryQuery{};
}
std::string refusal(const HistoryArguments& arguments) {
  const auto query = read_history_query(arguments, kHour);
  return query ? "taken" : query.error().what;
}

TEST(AQuestion, WithoutArgumentsIsForTheLastHourInTensOfSeconds) {
  const auto query = asked({});
  EXPECT_EQ(query.from, kSeconds - 3600);
  EXPECT_EQ(query.to, kSeconds);
  EXPECT_EQ(query.step, 10);
  EXPECT_EQ(query.series.size(), 2U);
}

TEST(AQuestion, TakesTimesInThreeForms) {
  EXPECT_EQ(asked({.from = "-90m"}).from, kSeconds - 5400);
  EXPECT_EQ(asked({.from = "1727990000", .step = "1h"}).from, 1727990000 - 1727990000 % 3600);
  EXPECT_EQ(asked({.from = "2024-10-03T00:00:00+02:00", .step = "1h"}).from, 1727906400);
  EXPECT_THAT(refusal({.from = "yesterday"}), HasSubstr("from=yesterday is no time"));
  EXPECT_THAT(refusal({.to = "99999999999999"}), HasSubstr("to=99999999999999"));
  EXPECT_THAT(refusal({.from = "-1h", .to = "-2h"}), HasSubstr("from has to be before to"));
}

TEST(AQuestion, TakesTheShortestRowsThatReachBackSoFar) {
  EXPECT_EQ(asked({.from = "-1h"}).step, 10);
  EXPECT_EQ(asked({.from = "-2h"}).step, 60);
  EXPECT_EQ(asked({.from = "-24h"}).step, 60);
  EXPECT_EQ(asked({.from = "-2d"}).step, 600);
  EXPECT_EQ(asked({.from = "-8d"}).step, 3600);
}

TEST(AQuestion, RoundsItsStepUpToWhatIsKept) {
  EXPECT_EQ(asked({.step = "11s"}).step, 60);
  EXPECT_EQ(asked({.step = "60"}).step, 60);
  EXPECT_EQ(asked({.from = "-6d", .step = "90m"}).step, 7200);
  EXPECT_THAT(refusal({.step = "often"}), HasSubstr("step=often"));
  EXPECT_THAT(refusal({.step = "0"}), HasSubstr("step=0"));
}

TEST(AQuestion, HasAtMostTwoThousandPointsWhateverItAsksFor) {
  for (const auto* from : {"-1h", "-20001s", "-19990s", "-33h", "-34h", "-14d", "-83d", "-90d", "-3650d", "0"}) {
    for (const auto* step : {"", "1s", "10s", "1m", "10m", "1h", "5h"}) {
      const auto query = asked({.from = from, .step = step});
      EXPECT_LE((query.to - query.from) / query.step, kMostPoints) << from << " " << step;
      EXPECT_EQ(query.from % query.step, 0) << from << " " << step;
      EXPECT_GE(query.to, kSeconds);
    }
  }
}

TEST(AQuestion, NamesUpstreamsInTwoWays) {
  const auto query = asked({.series = "hits,waiting:upstream=tmdb, stale:type=series"});
  ASSERT_EQ(query.series.size(), 3U);
  EXPECT_EQ(query.series[0].subject, Subject::whole);
  EXPECT_EQ(query.series[1].name, "tmdb");
  EXPECT_EQ(query.series[2].figure, "stale");
  EXPECT_EQ(query.series[2].subject, Subject::type);
  EXPECT_EQ(asked({.series = "hits", .upstream = "omdb"}).series[0].name, "omdb");
  EXPECT_THAT(refusal({.upstream = "a", .type = "b"}), HasSubstr("not both"));
}

TEST(AQuestion, ForAnUnknownSeriesIsToldWhichThereAre) {
  EXPECT_THAT(refusal({.series = "hit"}), HasSubstr("there is no series hit; there are: requests, fresh,"));
  EXPECT_THAT(refusal({.series = "entries:upstream=tmdb"}), HasSubstr("no series entries of upstreams"));
  EXPECT_THAT(refusal({.series = "hits:colour=red"}), HasSubstr("upstream=NAME or type=NAME"));
}

class Lines : public ::testing::Test {
 protected:
  Lines() { history_.restore(now_); }
  void pass(std::uint64_t hits, std::uint64_t misses) {
    totals_.whole[Figure::hits] += hits;
    totals_.whole[Figure::misses] += misses;
    if (hits > 0) totals_.upstreams["tmdb"][Figure::hits] += hits;
    now_ += seconds{10};
    history_.record(totals_, now_);
  }
  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1'000'000, clock_);
  TimePoint now_ = kHour;
  Sample totals_;
  History history_{*store_};
};

TEST_F(Lines, AreNullWhereNothingWasKeptAndZeroWhereNothingHappened) {
  pass(3, 1);
  pass(0, 0);
  const HistoryQuery query{
      {{"hits"}, {"hit_ratio"}, {"hits", Subject::upstream, "tmdb"}}, kSeconds - 10, kSeconds + 20, 10, 0};
  const auto lines = read_lines(history_, query);
  ASSERT_EQ(lines.size(), 3U);
  using Points = decltype(Line::points);
  EXPECT_EQ(lines[0].points, (Points{{kSeconds - 10, std::nullopt}, {kSeconds, 3.0}, {kSeconds + 10, 0.0}}));
  EXPECT_EQ(lines[1].points, (Points{{kSeconds - 10, std::nullopt}, {kSeconds, 75.0}, {kSeconds + 10, std::nullopt}}));
  EXPECT_EQ(lines[2].points, (Points{{kSeconds - 10, std::nullopt}, {kSeconds, 3.0}, {kSeconds + 10, 0.0}}));
}

TEST_F(Lines, JoinRowsIntoLongerSteps) {
  for (int i = 0; i < 12; ++i) pass(1, 1);
  pass(5, 0);
  const auto lines = read_lines(history_, {{{"hits"}}, kSeconds, kSeconds + 180, 60, 1});
  using Points = decltype(Line::points);
  EXPECT_EQ(lines[0].points, (Points{{kSeconds, 6.0}, {kSeconds + 60, 6.0}, {kSeconds + 120, 5.0}}))
      << "the minute that has not ended yet is told as far as it is";
}

}  // namespace
}  // namespace cachearr::upkeep
