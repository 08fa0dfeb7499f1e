#include "shared/news_log.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/hash.hpp"

namespace cachearr::shared {
namespace {

using caching::Invalidation;
using store::Validity;
using Arrival = NewsLog::Arrival;
using NewsKind = Invalidation::Kind;

const Invalidation kOfSeries{NewsKind::pattern, "series:*", false};
const Invalidation kSoftAll{NewsKind::all, "", true};

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
  log.sent(12);
  EXPECT_TRUE(log.outbox().empty());
  EXPECT_EQ(log.validity(10, target_named("series:1")), Validity::gone);
  EXPECT_EQ(log.validity(12, target_named("series:1")), Validity::valid);
  log.add(11, {NewsKind::key, "x", false});
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::gone);
  EXPECT_EQ(log.add(12, kOfSeries), Arrival::next);
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::gone);
}

TEST(TheLog, SendsAgainWhatHasNotComeBackOnANewLink) {
  NewsLog log;
  log.start_at(10);
  for (const auto& what : {kOfSeries, kSoftAll, Invalidation{NewsKind::key, "x", false}}) log.queue(what);
  log.sent(11);
  log.sent(12);
  EXPECT_EQ(log.add(11, kOfSeries, true), Arrival::next);
  EXPECT_EQ(log.add(12, {NewsKind::key, "of another", false}), Arrival::next);
  log.queue_sent_again(1);
  ASSERT_EQ(log.outbox().size(), 2U);
  EXPECT_EQ(log.outbox().back(), kSoftAll);
  EXPECT_EQ(log.validity(12, target_named("movie:1")), Validity::stale);
  log.sent(13);
  log.sent(14);
  EXPECT_TRUE(log.outbox().empty());
  EXPECT_EQ(log.validity(13, target_named("movie:1")), Validity::stale);
  EXPECT_EQ(log.validity(14, target_named("movie:1")), Validity::valid);
}

TEST(TheLog, ThatHasHeardItAlreadyKeepsNoCopyOfWhatWasSent) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfSeries);
  log.add(11, kOfSeries);
  log.sent(11);
  EXPECT_EQ(log.validity(11, target_named("series:1")), Validity::valid);
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
  EXPECT_EQ(log.outbox().front().text, "0");
  EXPECT_EQ(log.outbox().back(), kSoftAll);
  EXPECT_EQ(log.validity(0, target_named("anything")), Validity::stale);
}

TEST(TheOutbox, OutlivesTheProcess) {
  NewsLog log;
  log.queue(kOfSeries);
  log.queue(kSoftAll);
  const auto bytes = encode_outbox(log.outbox());
  NewsLog next;
  next.restore_outbox(decode_outbox(bytes));
  EXPECT_EQ(next.outbox(), log.outbox());
  EXPECT_EQ(next.validity(0, target_named("series:1")), Validity::gone);
  EXPECT_TRUE(decode_outbox("\xff\xff").empty());
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

using Entries = std::vector<const store::Entry*>;

Entries sent(NewsLog& log, std::uint64_t ordinal) {
  Entries entries;
  for (const auto& each : log.sent(ordinal)) entries.push_back(each.get());
  return entries;
}

const Invalidation kOfA{NewsKind::key, "user:a", false}, kOfB{NewsKind::key, "user:b", false};

TEST(TheLog, GivesBackWhatIsStoredInsteadWithItsOrdinal) {
  NewsLog log;
  log.start_at(10);
  const auto a = value_of("user:a");
  EXPECT_TRUE(log.queue(kOfA, {a}));
  EXPECT_EQ(sent(log, 11), Entries{a.get()});
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
  EXPECT_TRUE(log.sent(11).empty());
  EXPECT_EQ(sent(log, 12), Entries{b.get()});
  EXPECT_EQ(sent(log, 13), Entries{last.get()});
}

TEST(TheLog, GivesBackNothingThatAnotherHasReplacedBeforeItsReceiptCame) {
  NewsLog log;
  log.start_at(10);
  log.queue(kOfA, {value_of("user:a")});
  log.add(11, kOfA);
  log.add(12, kOfA);
  EXPECT_TRUE(log.sent(11).empty());
}

TEST(TheLog, SendsAValueAgainWithItsInvalidation) {
  NewsLog log;
  log.start_at(10);
  const auto value = value_of("user:a");
  log.queue(kOfA, {value});
  EXPECT_EQ(sent(log, 11), Entries{value.get()});
  log.queue_sent_again(0);
  EXPECT_EQ(sent(log, 12), Entries{value.get()});
  EXPECT_EQ(log.add(12, kOfA, true), Arrival::gap);
  log.queue_sent_again(0);
  EXPECT_TRUE(log.outbox().empty());
}

TEST(TheLog, LetsInvalidationsGoAloneWhereTooMuchWaits) {
  NewsLog log;
  const auto large = value_of("user:a", NewsLog::kMostWaitingBytes / 2);
  EXPECT_TRUE(log.queue(kOfA, {large}));
  EXPECT_FALSE(log.queue(kOfB, {large}));
  EXPECT_EQ(log.outbox().size(), 2U);
  log.sent(1);
  log.add(1, kOfA, true);
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
