#include "upkeep/jobs/prefetch_choice.hpp"

#include <gmock/gmock.h>

namespace cachearr::upkeep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

constexpr TimePoint kChoiceNow{seconds{1'700'000'000}};
const std::vector<std::string> kChoicePatterns{"series:*", "episode:*"};

class PrefetchPickerTest : public ::testing::Test {
 protected:
  PrefetchPicker picker(std::size_t most = 10) {
    return PrefetchPicker{{kChoiceNow, minutes{10}, kChoicePatterns, most,
                           [this](const Hash128& id) {
                             const auto found = book_.find(id.low);
                             return found == book_.end() ? nullptr : found->second;
                           },
                           worths_}};
  }
  /// A key that was stored an hour ago, and of which a client has shown how to ask.
  void offer(PrefetchPicker& into, const std::string& key, std::uint32_t hits, Duration left = minutes{15},
             Duration life = hours{1}) {
    store::EntryMeta meta;
    meta.fresh_until_ms = (kChoiceNow + left).time_since_epoch().count();
    meta.stored_ms = (kChoiceNow + left - life).time_since_epoch().count();
    const auto id = hash128(key);
    request_.began = kChoiceNow + left - life;
    request_.end = kChoiceNow + left;
    if (remembers_ && !book_.contains(id.low)) book_[id.low] = std::make_shared<fetch::RememberedRequest>(request_);
    into.offer({key, "up", "series", meta, {}, 10, hits, 1, id});
  }
  static std::vector<std::string> keys_of(const PrefetchChoice& choice) {
    std::vector<std::string> keys;
    for (const auto& candidate : choice.taken) keys.push_back(candidate.key);
    return keys;
  }

  std::map<std::uint64_t, fetch::RememberedRequestPtr> book_;
  bool remembers_ = true;
  fetch::RememberedRequest request_ = [] {
    fetch::RememberedRequest request;
    request.upstream = "up";
    request.rule = "tv";
    request.asks_before = 1000;
    request.has_validator = true;
    return request;
  }();
  PrefetchWorths worths_;
};

TEST_F(PrefetchPickerTest, TakesTheMostUsedOfThoseThatEndWithinTwoIntervals) {
  auto from = picker(2);
  offer(from, "series:1", 5);
  offer(from, "series:2", 50);
  offer(from, "episode:3", 7, minutes{20});
  offer(from, "series:late", 99, minutes{21});
  offer(from, "series:over", 99, minutes{0});
  offer(from, "calendar:1", 99);
  offer(from, "series:never", 0);
  offer(from, "series:short", 99, minutes{5}, minutes{9});
  const auto choice = from.finish();
  EXPECT_THAT(keys_of(choice), ElementsAre("series:2", "episode:3"));
  EXPECT_EQ(choice.beyond, 1U);
}

TEST_F(PrefetchPickerTest, LeavesAloneWhatNobodyAskedForInTwoLives) {
  request_.hits_at_begin = 5;
  request_.asks_before = 0;
  auto from = picker();
  offer(from, "series:idle", 5);
  request_.by_client = true;
  offer(from, "series:new", 5);
  const auto choice = from.finish();
  EXPECT_THAT(keys_of(choice), ElementsAre());
  EXPECT_EQ(choice.unasked, 1U);
  EXPECT_EQ(choice.seldom, 1U);
}

TEST_F(PrefetchPickerTest, AsksAheadOnlyWhereOneCallSparesManyTheWait) {
  auto from = picker();
  // Three quarters of the hour are over.
  offer(from, "series:3 an hour", 2);
  offer(from, "series:4 an hour", 3);
  request_.asks_before = 3;
  offer(from, "series:3 in the hour before", 50);
  request_.asks_before = 8;
  request_.has_validator = false;
  offer(from, "series:5 an hour, whole each time", 4);
  offer(from, "series:8 an hour, whole each time", 6);
  const auto choice = from.finish();
  EXPECT_THAT(keys_of(choice), ElementsAre("series:8 an hour, whole each time", "series:4 an hour"));
  EXPECT_EQ(choice.seldom, 3U);
}

TEST_F(PrefetchPickerTest, WaitsUntilShortlyBeforeTheEnd) {
  EXPECT_EQ(due_before(kChoiceNow, hours{24}), kChoiceNow - minutes{1});
  EXPECT_EQ(due_before(kChoiceNow, minutes{10}), kChoiceNow - seconds{30});
  EXPECT_EQ(due_before(kChoiceNow, seconds{4}), kChoiceNow - seconds{2});
  auto from = picker();
  offer(from, "series:1", 5);
  EXPECT_EQ(from.finish().taken.front().due, kChoiceNow + minutes{14});
}

TEST_F(PrefetchPickerTest, CountsWhatNobodyKnowsHowToAskFor) {
  remembers_ = false;
  auto from = picker();
  offer(from, "series:1", 5);
  EXPECT_EQ(from.finish().unknown, 1U);
}

TEST_F(PrefetchPickerTest, TakesNothingWhereNothingMayBeTaken) {
  auto from = picker(0);
  offer(from, "series:1", 5);
  EXPECT_THAT(keys_of(from.finish()), ElementsAre());
}

TEST_F(PrefetchPickerTest, LeavesRulesAloneForWhichItDoesNotPay) {
  auto& worth = worths_[{"up", "tv"}];
  for (int i = 0; i < 20; ++i) worth.count(false, kChoiceNow);
  auto from = picker();
  offer(from, "series:1", 5);
  const auto choice = from.finish();
  EXPECT_EQ(choice.not_worth, 1U);
  EXPECT_THAT(keys_of(choice), ElementsAre());
}

TEST(PrefetchWorth, EndsWhereLessThanOneInFiveWasUsedAndIsTriedAgainADayLater) {
  PrefetchWorth worth;
  for (int i = 0; i < 3; ++i) worth.count(true, kChoiceNow);
  for (int i = 0; i < 16; ++i) worth.count(false, kChoiceNow);
  EXPECT_FALSE(worth.is_ended(kChoiceNow)) << "19 say nothing";
  worth.count(false, kChoiceNow);
  EXPECT_TRUE(worth.is_ended(kChoiceNow));
  EXPECT_TRUE(worth.is_ended(kChoiceNow + hours{23}));
  EXPECT_FALSE(worth.is_ended(kChoiceNow + hours{24}));
  EXPECT_EQ(worth.useful(), 3U);
  EXPECT_EQ(worth.useless(), 17U);
  for (int i = 0; i < 19; ++i) worth.count(false, kChoiceNow + hours{25});
  EXPECT_FALSE(worth.is_ended(kChoiceNow + hours{25})) << "it is judged anew";
  worth.count(false, kChoiceNow + hours{25});
  EXPECT_TRUE(worth.is_ended(kChoiceNow + hours{25}));
}

TEST(PrefetchWorth, GoesOnWhereOneInFiveWasUsed) {
  PrefetchWorth worth;
  for (int i = 0; i < 500; ++i) {
    worth.count(i % 4 == 0, kChoiceNow);
    EXPECT_FALSE(worth.is_ended(kChoiceNow)) << i;
  }
}

TEST(PrefetchWorth, ForgetsInTimeThatItOncePaid) {
  PrefetchWorth worth;
  for (int i = 0; i < 1000; ++i) worth.count(true, kChoiceNow);
  int more = 0;
  while (!worth.is_ended(kChoiceNow) && more < 1000) worth.count(false, kChoiceNow), ++more;
  EXPECT_LT(more, 200);
}

TEST(DailyTime, IsTheNextTimeOfDay) {
  const auto at = next_daily(hours{4} + minutes{30}, kChoiceNow);
  EXPECT_GT(at, kChoiceNow);
  EXPECT_LE(at, kChoiceNow + hours{25});
  EXPECT_GT(next_daily(hours{4} + minutes{30}, at), at) << "once a day";
  const std::time_t seconds_at = std::chrono::duration_cast<seconds>(at.time_since_epoch()).count();
  std::tm local{};
  localtime_r(&seconds_at, &local);
  EXPECT_EQ(local.tm_hour, 4);
  EXPECT_EQ(local.tm_min, 30);
}

}  // namespace
}  // namespace cachearr::upkeep
