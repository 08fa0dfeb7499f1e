#include "upkeep/history/history.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace cachearr::upkeep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kStart{hours{480'000}};  // a whole hour, and the begin of every segment but the longest
constexpr std::int64_t kBegin = 480'000 * 3600LL;

class AHistory : public ::testing::Test {
 protected:
  AHistory() { restart(); }

  /// A new process: it counts from 0.
  void restart() {
    history_ = std::make_unique<History>(*store_);
    history_->restore(now_);
    totals_ = {};
  }
  /// So many requests, then the end of a row of 10 s.
  void pass(std::uint64_t requests) {
    totals_.whole[Figure::fetched] += requests;
    totals_.upstreams["tmdb"][Figure::fetched] += requests;
    now_ += seconds{10};
    EXPECT_TRUE(history_->is_due(now_));
    history_->record(totals_, now_);
  }
  void pass_for(Duration time, std::uint64_t requests) {
    for (const auto end = now_ + time; now_ < end;) pass(requests);
  }
  std::vector<std::pair<std::int64_t, std::uint64_t>> rows(std::size_t level, std::int64_t from = 0,
                                                           std::int64_t to = kBegin * 2) const {
    std::vector<std::pair<std::int64_t, std::uint64_t>> found;
    history_->visit(level, from, to, [&](std::int64_t begin, const Sample& row) {
      found.emplace_back(begin - kBegin, row.whole[Figure::fetched]);
    });
    return found;
  }
  std::uint64_t sum(std::size_t level) const {
    std::uint64_t all = 0;
    for (const auto& [begin, requests] : rows(level)) all += requests;
    return all;
  }

  ManualClock clock_{kStart};
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1'000'000, clock_);
  TimePoint now_ = kStart;
  Sample totals_;
  std::unique_ptr<History> history_;
};

using Rows = std::vector<std::pair<std::int64_t, std::uint64_t>>;

TEST_F(AHistory, HasARowForEachTenSeconds) {
  pass(3);
  pass(0);
  pass(4);
  EXPECT_EQ(rows(0), (Rows{{0, 3}, {10, 0}, {20, 4}}));
  EXPECT_EQ(rows(0, kBegin + 10, kBegin + 20), (Rows{{10, 0}}));
}

TEST_F(AHistory, IsNotDueBeforeTheRowHasEnded) {
  EXPECT_FALSE(history_->is_due(now_ + seconds{9}));
  EXPECT_TRUE(history_->is_due(now_ + seconds{10}));
}

TEST_F(AHistory, GivesARowThatEndedLateItsOwnTime) {
  now_ += seconds{4};
  pass(1);
  now_ -= seconds{4};
  pass(2);
  EXPECT_EQ(rows(0), (Rows{{0, 1}, {10, 2}}));
}

TEST_F(AHistory, MakesCoarserRowsOfFinerOnesOnceTheirTimeIsOver) {
  pass_for(minutes{2}, 1);
  pass(5);
  EXPECT_EQ(rows(1), (Rows{{0, 6}, {60, 6}, {120, 5}})) << "two minutes, and ten seconds of the third";
  EXPECT_EQ(rows(3).size(), 3U) << "no hour is over: it is told in minutes";
  pass_for(hours{1}, 1);
  EXPECT_EQ(rows(3).front(), (Rows::value_type{0, 364})) << "an hour: 347 of 1, one of 5";
}

TEST_F(AHistory, KeepsEachLengthForItsTime) {
  pass_for(hours{26}, 1);
  const auto oldest = [&](std::size_t level) { return rows(level).front().first; };
  EXPECT_LE(oldest(0), 25 * 3600);
  EXPECT_GE(oldest(0), 24 * 3600 + 50 * 60) << "more than an hour and some is kept";
  EXPECT_LE(oldest(1), 2 * 3600);
  EXPECT_EQ(oldest(2), 0);
  EXPECT_EQ(sum(2), 26U * 360) << "rows of different lengths overlap or leave gaps";
  EXPECT_EQ(sum(3), 26U * 360);
}

TEST_F(AHistory, SurvivesARestart) {
  pass_for(minutes{3}, 1);
  pass(7);
  const auto before = rows(1);
  restart();
  EXPECT_EQ(rows(1), before);
  pass(2);
  EXPECT_EQ(rows(0).back(), (Rows::value_type{190, 2}));
}

TEST_F(AHistory, MakesUpForCoarseRowsThatEndedWhileItWasAway) {
  pass_for(seconds{90}, 1);
  now_ += hours{2};
  restart();
  pass(1);
  EXPECT_EQ(rows(3, 0, kBegin + 3600), (Rows{{0, 9}}));
  EXPECT_EQ(rows(1), (Rows{{0, 6}, {60, 3}, {7290, 1}}));
}

TEST_F(AHistory, CountsInTheNextRowWhatComesInATimeThatHasARow) {
  pass(3);
  now_ -= seconds{10};  // a restart within the ten seconds of the last row
  restart();
  pass(2);
  pass(1);
  EXPECT_EQ(rows(0), (Rows{{0, 3}, {10, 3}}));
}

TEST_F(AHistory, LosesNothingOfProcessesThatEndWithinTheTimeOfOneRow) {
  for (std::uint64_t process = 1; process <= 3; ++process) {
    restart();
    totals_.whole[Figure::fetched] = process;
    now_ += seconds{2};
    history_->finish(totals_, now_);
  }
  EXPECT_EQ(rows(0), (Rows{{0, 1}, {10, 2}, {20, 3}}));
  restart();
  EXPECT_EQ(history_->last(60, totals_, now_).whole[Figure::fetched], 6U) << "at once, not when their time has come";
}

TEST_F(AHistory, LosesNothingWhereTheNextFreeRowLiesInTheNextSegment) {
  pass_for(kHistoryLevels[0].span() * seconds{1}, 1);
  now_ -= seconds{10};  // within the last row of the segment, whose place is taken
  restart();
  totals_.whole[Figure::fetched] = 2;
  history_->finish(totals_, now_);
  restart();
  EXPECT_EQ(rows(0).back(), (Rows::value_type{300, 2}));
  EXPECT_EQ(history_->last(3600, totals_, now_).whole[Figure::fetched], 32U);
  now_ += seconds{10};
  pass(3);  // the time of the row that finish() took
  pass(1);
  EXPECT_EQ(rows(0).back(), (Rows::value_type{310, 4}));
}

TEST_F(AHistory, GoesOnWhereTheClockWasAheadForAWhile) {
  now_ += hours{24 * 365};
  restart();
  pass(1);
  now_ = kStart;
  restart();
  pass(5);
  EXPECT_EQ(rows(0), (Rows{{0, 5}}));
}

TEST_F(AHistory, DropsWhatCannotBeReadAndKeepsTheRest) {
  pass_for(minutes{6}, 1);
  for (std::int64_t slot = 0; slot < kHistoryLevels[0].segments; ++slot) {
    const auto name = "history:10:" + std::to_string(slot);
    const auto bytes = store_->get_state(name);
    if (!bytes.empty()) store_->put_state(name, bytes.substr(0, bytes.size() - 1));
  }
  restart();
  EXPECT_EQ(sum(1), 36U);
  pass(4);
  EXPECT_EQ(rows(0).back(), (Rows::value_type{360, 4}));
}

TEST_F(AHistory, AddsUpTheLastWhileAndTheRowUnderWay) {
  pass_for(minutes{5}, 2);
  totals_.whole[Figure::fetched] += 3;
  EXPECT_EQ(history_->last(60, totals_, now_ + seconds{5}).whole[Figure::fetched], 6U * 2 + 3);
  EXPECT_EQ(history_->last(3600, totals_, now_).whole[Figure::fetched], 30U * 2 + 3);
  EXPECT_EQ(history_->last(86'400, totals_, now_).upstreams["tmdb"][Figure::fetched], 30U * 2);
}

/// The promise about space, with every row as large as it can be.
TEST(TheWholeHistory, TakesLessThanTwentyMegabytes) {
  std::int64_t bytes = 0;
  for (const auto& level : kHistoryLevels)
    bytes += level.segments * level.rows * static_cast<std::int64_t>(kMostRowBytes + 8);
  EXPECT_LT(bytes, 20'000'000);
  EXPECT_GE(kHistoryLevels[0].kept(), 3600);
  EXPECT_GE(kHistoryLevels[1].kept(), 24 * 3600);
  EXPECT_GE(kHistoryLevels[2].kept(), 7 * 24 * 3600);
  EXPECT_GE(kHistoryLevels[3].kept(), 90 * 24 * 3600);
}

}  // namespace
}  // namespace cachearr::upkeep
