#include "shared/news_log.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::shared {
namespace {

using caching::Invalidation;
using store::Validity;
using Arrival = NewsLog::Arrival;
using NewsKind = Invalidation::Kind;

const Invalidation kOfSeries{NewsKind::pattern, "series:*", false};
const Invalidation kSoftAll{NewsKind::all, "", true};

/// The oldest one of the outbox is read in the stream.
Arrival hear_own(NewsLog& log, std::uint64_t ordinal) {
  const auto own = log.outbox().front();
  const auto arrival = log.add(ordinal, own.ban.what);
  EXPECT_TRUE(log.came_back(own.id));
  return arrival;
}

store::BanTarget target_named(std::string_view key) { return {key, "sonarr", {}, 0}; }

TEST(TheLog, JudgesARecordByAllThatCameAfterIt) {
  NewsLog log;
  log.start_at(10);
  EXPECT_EQ(log.add(11, {NewsKind::key, "movie:1", false}), Arrival::next);
  EXPECT_EQ(log.add(12, kOfSeries), Arrival::next);
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::gone);
  EXPECT_EQ(log.validity(12, target_named("series:1")), Validity::valid);
  EXPECT_EQ(log.validity(11, target_named("movie:1")), Validity::valid);
  EXPECT_EQ(log.validity(10, target_named("movie:1")), Validity::gone);
  log.add(13, kSoftAll);
  EXPECT_EQ(log.validity(12, target_named("series:1")), Validity::stale);
  EXPECT_EQ(log.validity(13, target_named("series:1")), Validity::valid);
}

TEST(TheLog, KnowsNothingOfWhatWasBeforeItsBegin) {
  NewsLog log;
  log.start_at(10);
  EXPECT_EQ(log.validity(9, target_named("a")), Validity::gone);
  EXPECT_EQ(log.validity(10, target_named("a")), Validity::valid);
}

TEST(TheLog, TakesAGapForTheEndOfAllThatIsOlder) {
  NewsLog log;
  log.start_at(10);
  EXPECT_EQ(log.add(13, {NewsKind::key, "movie:1", false}), Arrival::gap);
  EXPECT_EQ(log.validity(11, target_named("a")), Validity::gone);
  EXPECT_EQ(log.validity(12, target_named("a")), Validity::valid);
  EXPECT_EQ(log.validity(12, target_named("movie:1")), Validity::gone);
  EXPECT_EQ(log.add(13, kSoftAll), Arrival::known);
}

TEST(TheLog, CountsWhatIsNotSentYetAgainstEverything) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfSeries);
  EXPECT_EQ(log.validity(10, target_named("series:1")), Validity::gone);
  EXPECT_EQ(log.validity(10, target_named("movie:1")), Validity::valid);
}

TEST(TheLog, ForgetsNothingBetweenSendingAndHearingItBack) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfSeries);
  log.add(11, {NewsKind::key, "x", false});
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::gone);
  EXPECT_EQ(hear_own(log, 12), Arrival::next);
  EXPECT_TRUE(log.outbox().empty());
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::gone);
  EXPECT_EQ(log.validity(12, target_named("series:1")), Validity::valid);
}

TEST(TheLog, KeepsWhatHasNotComeBackToBeSentAgain) {
  NewsLog log;
  log.start_at(10);
  for (const auto& what : {kOfSeries, kSoftAll}) log.queue(what);
  hear_own(log, 11);
  log.add(12, kSoftAll);
  EXPECT_FALSE(log.came_back("of another"));
  EXPECT_FALSE(log.came_back(""));
  ASSERT_EQ(log.outbox().size(), 1U);
  EXPECT_EQ(log.outbox().front().ban.what, kSoftAll);
  EXPECT_EQ(log.validity(12, target_named("movie:1")), Validity::stale);
  hear_own(log, 13);
  EXPECT_EQ(log.validity(12, target_named("movie:1")), Validity::stale);
  EXPECT_EQ(log.validity(13, target_named("movie:1")), Validity::valid);
}

TEST(TheLog, KeepsWhatHasNotComeBackThroughABeginAndAGap) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfSeries);
  log.start_at(20);
  log.add(30, kSoftAll);
  log.skip_to(40);
  ASSERT_EQ(log.outbox().size(), 1U);
  EXPECT_EQ(log.validity(40, target_named("series:1")), Validity::gone);
}

TEST(TheLog, StaysBoundedAndThenTrustsNoOldRecord) {
  NewsLog log;
  log.start_at(0);
  for (std::uint64_t i = 1; i <= NewsLog::kMostRules + 5; ++i) log.add(i, {NewsKind::key, "k", false});
  EXPECT_EQ(log.size(), NewsLog::kMostRules);
  EXPECT_EQ(log.floor(), 5U);
  EXPECT_EQ(log.validity(4, target_named("a")), Validity::gone);
  EXPECT_EQ(log.validity(5, target_named("a")), Validity::valid);
}

TEST(TheOutbox, ThatGrowsTooLongBecomesOneForEverything) {
  NewsLog log;
  for (std::size_t i = 0; i <= NewsLog::kMostRules; ++i) log.queue({NewsKind::key, std::to_string(i), false});
  ASSERT_EQ(log.outbox().size(), NewsLog::kMostUnderWay + 1);
  EXPECT_EQ(log.outbox().front().ban.what.text, "0");
  EXPECT_EQ(log.outbox().back().ban.what, kSoftAll);
  EXPECT_EQ(log.validity(0, target_named("anything")), Validity::stale);
}

TEST(TheOutbox, OutlivesTheProcess) {
  NewsLog log;
  log.queue(kOfSeries);
  log.queue(kSoftAll);
  const auto bytes = encode_outbox(log.outbox());
  NewsLog next{"next"};
  next.restore_outbox(decode_outbox(bytes));
  EXPECT_EQ(encode_outbox(next.outbox()), bytes);
  EXPECT_EQ(next.validity(0, target_named("series:1")), Validity::gone);
  EXPECT_TRUE(decode_outbox("\xff\xff").empty());
}

TEST(TheOutbox, KnowsWhatAnEarlierProcessHasSentAlready) {
  NewsLog log{"first"};
  log.queue(kOfSeries);
  log.queue(kSoftAll);
  const auto id = log.outbox().front().id;
  NewsLog next{"next"};
  next.restore_outbox(decode_outbox(encode_outbox(log.outbox())));
  next.start_at(10);
  next.add(11, kOfSeries);
  EXPECT_TRUE(next.came_back(id));
  EXPECT_FALSE(next.came_back(id));
  ASSERT_EQ(next.outbox().size(), 1U);
  EXPECT_EQ(next.outbox().front().ban.what, kSoftAll);
  EXPECT_EQ(next.validity(10, target_named("series:1")), Validity::gone);
}

TEST(TheOutbox, OfAVersionWithoutIdsGetsNewOnes) {
  limit::StateWriter writer;
  for (const auto& what : {kOfSeries, kSoftAll}) writer.text(encode_news(what));
  NewsLog log{"next"};
  log.restore_outbox(decode_outbox(writer.take()));
  ASSERT_EQ(log.outbox().size(), 2U);
  EXPECT_EQ(log.outbox().front().ban.what, kOfSeries);
  EXPECT_EQ(log.outbox().back().ban.what, kSoftAll);
  EXPECT_NE(log.outbox().front().id, "");
  EXPECT_NE(log.outbox().front().id, log.outbox().back().id);
}

TEST(TheOutbox, OfTwoProcessesHasOtherIds) {
  NewsLog one{"one"}, two{"two"};
  one.queue(kOfSeries);
  two.queue(kOfSeries);
  EXPECT_NE(one.outbox().front().id, two.outbox().front().id);
}

store::EntryPtr value_of(std::string_view key, std::size_t bytes = 5) {
  const std::string body(bytes, 'x');
  const std::array<std::string_view, 1> pieces{body};
  store::EntryParts parts;
  parts.id = hash128(key);
  parts.identity = key;
  parts.key = key;
  parts.head = "HTTP/1.1 200 OK\r\n";
  parts.body = pieces;
  return store::make_entry(parts);
}

using Replaced = std::vector<std::pair<const store::Entry*, std::uint64_t>>;

Replaced replacements(NewsLog& log) {
  Replaced all;
  for (const auto& each : log.take_replacements()) all.emplace_back(each.entry.get(), each.ordinal);
  return all;
}

const Invalidation kOfA{NewsKind::key, "user:a", false}, kOfB{NewsKind::key, "user:b", false};

TEST(TheLog, GivesBackWhatIsStoredInsteadWithItsOrdinal) {
  NewsLog log;
  log.start_at(10);
  const auto a = value_of("user:a");
  EXPECT_TRUE(log.queue(kOfA, {a}));
  EXPECT_TRUE(replacements(log).empty());
  hear_own(log, 11);
  EXPECT_EQ(replacements(log), (Replaced{{a.get(), 11}}));
  EXPECT_TRUE(replacements(log).empty());
  EXPECT_EQ(log.validity(11, store::target_of(*a)), Validity::valid);
  EXPECT_EQ(log.validity(10, store::target_of(*a)), Validity::gone);
}

TEST(TheLog, GivesBackNothingThatALaterOneNames) {
  NewsLog log;
  log.start_at(10);
  const auto old = value_of("user:a"), b = value_of("user:b"), last = value_of("user:a");
  log.queue(kOfA, {old});
  log.queue(kOfB, {b});
  log.queue(kOfA, {last});
  hear_own(log, 11);
  EXPECT_TRUE(replacements(log).empty());
  hear_own(log, 12);
  hear_own(log, 13);
  EXPECT_EQ(replacements(log), (Replaced{{b.get(), 12}, {last.get(), 13}}));
}

TEST(TheLog, GivesBackNothingThatAnotherHasReplacedMeanwhile) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfA, {value_of("user:a")});
  hear_own(log, 11);
  log.add(12, kOfA);
  EXPECT_TRUE(replacements(log).empty());
}

TEST(TheLog, GivesBackNothingOfAnOrderThatIsOver) {
  NewsLog log;
  log.start_at(10);
  const auto large = value_of("user:a", NewsLog::kMostWaitingBytes / 2);
  log.queue(kOfA, {large});
  hear_own(log, 11);
  log.start_at(3);
  EXPECT_TRUE(replacements(log).empty());
  EXPECT_TRUE(log.queue(kOfA, {large}));
}

TEST(TheLog, LetsInvalidationsGoAloneWhereTooMuchWaits) {
  NewsLog log;
  const auto large = value_of("user:a", NewsLog::kMostWaitingBytes / 2);
  EXPECT_TRUE(log.queue(kOfA, {large}));
  EXPECT_FALSE(log.queue(kOfB, {large}));
  EXPECT_EQ(log.outbox().size(), 2U);
  hear_own(log, 1);
  EXPECT_FALSE(log.queue(kOfB, {large}));
  log.take_replacements();
  EXPECT_TRUE(log.queue(kOfB, {large}));
}

TEST(TheLog, ForgetsWhatWaitsWithTheInvalidationsThatBecomeOne) {
  NewsLog log;
  const auto large = value_of("user:a", NewsLog::kMostWaitingBytes / 2);
  for (std::size_t i = 1; i < NewsLog::kMostRules; ++i) log.queue(kOfB);
  log.queue(kOfA, {large});
  log.queue(kOfB);
  EXPECT_TRUE(log.queue(kOfA, {large}));
}

TEST(News, AreWhatTheyWereOrNone) {
  EXPECT_EQ(decode_news(encode_news(kOfSeries)), kOfSeries);
  EXPECT_EQ(decode_news(encode_news(kSoftAll)), kSoftAll);
  EXPECT_EQ(decode_news(encode_news(kOfSeries) + "x"), std::nullopt);
  EXPECT_EQ(decode_news("\x09"), std::nullopt);
  EXPECT_EQ(decode_news(""), std::nullopt);
}

}  // namespace
}  // namespace cachearr::shared
