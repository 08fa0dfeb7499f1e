#include "client/request_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "client/request_reader.hpp"
#include "unit/client/recorded.hpp"

namespace cachearr::client {
namespace {

using test::facts_of;
using test::record;

std::vector<std::string> urls_of(const RequestReader::Batch& batch) {
  std::vector<std::string> urls;
  for (const auto& request : batch.requests) urls.emplace_back(request.texts[ShownTexts::url]);
  return urls;
}

std::uint64_t now_id() { return RequestJournal::id_at(std::chrono::steady_clock::now()); }

void let_a_microsecond_pass() {
  const auto before = now_id();
  while (now_id() == before) {}
}

TEST(RequestJournal, GivesIdsThatGrowAndNameTheirWorker) {
  RequestJournal first{0}, second{1};
  const auto a = record(first, "/a"), b = record(second, "/b"), c = record(first, "/c");
  EXPECT_LT(a, c);
  EXPECT_NE(a, b);
  EXPECT_LE(c, now_id());
}

TEST(RequestJournal, RequestsOfOneMicrosecondHaveIdsOfTheirOwn) {
  RequestJournal journal{3};
  const auto moment = std::chrono::steady_clock::now();
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    ClientTable::Place place;
    const ShownTexts texts;
    RequestNote note{facts_of(), texts};
    RequestJournal::Writing writing{journal};
    writing.add(note, moment, place);
    EXPECT_GT(note.facts.id, last);
    last = note.facts.id;
  }
}

TEST(RequestJournal, IsReadOnFromWhereItWasLeft) {
  RequestJournal journal{0};
  std::uint64_t position = 0;
  std::vector<RecordedRequest> out;
  for (int i = 0; i < 100; ++i) record(journal, "/" + std::to_string(i));
  EXPECT_EQ(journal.read(position, now_id(), out), 0U);
  EXPECT_EQ(out.size(), 100U);
  record(journal, "/more");
  EXPECT_EQ(journal.read(position, now_id(), out), 0U);
  ASSERT_EQ(out.size(), 101U);
  EXPECT_EQ(out.back().texts[ShownTexts::url], "/more");
}

TEST(RequestJournal, WhatIsBeyondTheLastIdWaits) {
  RequestJournal journal{0};
  std::uint64_t position = 0;
  std::vector<RecordedRequest> out;
  const auto first = record(journal, "/a");
  record(journal, "/b");
  journal.read(position, first, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(position, 1U);
}

TEST(RequestJournal, AnOvertakenReaderLearnsHowManyItMissed) {
  RequestJournal journal{0, {.requests = 10}};
  std::uint64_t position = 0;
  std::vector<RecordedRequest> out;
  for (int i = 0; i < 25; ++i) record(journal, "/" + std::to_string(i));
  EXPECT_EQ(journal.read(position, now_id(), out), 15U);
  ASSERT_EQ(out.size(), 10U);
  EXPECT_EQ(out.front().texts[ShownTexts::url], "/15");
}

TEST(RequestJournal, WorkersShareTheSpaceThatOneWouldHave) {
  using Space = RequestJournal::Space;
  EXPECT_EQ(RequestJournal::share_of(0), Space{});
  EXPECT_EQ(RequestJournal::share_of(1), Space{});
  EXPECT_EQ(RequestJournal::share_of(4), (Space{2500, 1024 * 1024}));
  const auto least = RequestJournal::share_of(1000);
  EXPECT_EQ(least, (Space{2000, 512 * 1024}));
  RequestJournal journal{0, least};
  for (std::size_t i = 0; i < 1000; ++i) record(journal, "/" + std::string(900, 'u') + std::to_string(i));
  std::uint64_t position = 0;
  std::vector<RecordedRequest> out;
  journal.read(position, now_id(), out);
  ASSERT_GT(out.size(), 100U);
  EXPECT_TRUE(out.back().texts[ShownTexts::url].ends_with("999"));
}

TEST(RequestFacts, NoRequestWaitedForLongerThanItTookWhateverBecameOfTheClock) {
  EXPECT_EQ(waited_within(5'500, Duration{3}), 3'000U);
  EXPECT_EQ(waited_within(5'500, Duration{0}), 0U);
  EXPECT_EQ(waited_within(5'500, Duration{-3'600'000}), 0U);
  EXPECT_EQ(waited_within(5'500, Duration{3'600'000}), 5'500U);
  EXPECT_EQ(waited_within(5'500, Duration::max()), 5'500U);
}

TEST(RequestReader, MergesWorkersInTheOrderInWhichRequestsEnded) {
  RequestJournal first{0}, second{1};
  RequestReader reader{{&first, &second}};
  record(second, "/1");
  let_a_microsecond_pass();
  record(first, "/2");
  let_a_microsecond_pass();
  record(second, "/3");
  EXPECT_THAT(urls_of(reader.read()), ::testing::ElementsAre("/1", "/2", "/3"));
  EXPECT_THAT(urls_of(reader.read()), ::testing::IsEmpty());
}

TEST(RequestReader, GivesTheLastOfAllWorkersTogether) {
  RequestJournal first{0}, second{1};
  for (std::size_t i = 0; i < RequestReader::kMost; ++i) {
    record(first, "/a");
    record(second, "/b");
  }
  const auto batch = RequestReader{{&first, &second}}.read();
  EXPECT_EQ(batch.requests.size(), RequestReader::kMost);
  EXPECT_EQ(batch.lost, RequestReader::kMost);
}

TEST(RequestReader, ReadsAsManyAsItIsToOfWhatAJournalHolds) {
  RequestJournal journal{0};
  for (std::size_t i = 0; i < RequestReader::kMost + 10; ++i) record(journal, "/" + std::to_string(i));
  EXPECT_EQ((RequestReader{{&journal}, RequestJournal::kMostRequests}).read().requests.size(),
            RequestReader::kMost + 10);
  const auto few = RequestReader{{&journal}, 3}.read();
  EXPECT_THAT(urls_of(few), ::testing::ElementsAre("/2007", "/2008", "/2009"));
  EXPECT_EQ(few.lost, RequestReader::kMost + 7);
}

TEST(RequestReader, MissesNothingWhileAWorkerWrites) {
  constexpr std::size_t most = 20'000;
  RequestJournal first{0}, second{1};
  std::atomic<int> writing{2};
  const auto write = [&writing](RequestJournal& journal) {
    for (std::size_t i = 0; i < most; ++i) record(journal, "/" + std::to_string(i));
    --writing;
  };
  std::jthread one{[&] { write(first); }}, other{[&] { write(second); }};
  RequestReader reader{{&first, &second}};
  std::uint64_t got = 0, lost = 0, last = 0;
  for (bool over = false; !over;) {
    over = writing == 0;
    const auto batch = reader.read();
    got += batch.requests.size();
    lost += batch.lost;
    for (const auto& request : batch.requests) {
      EXPECT_GT(request.facts.id, last);
      last = request.facts.id;
    }
  }
  EXPECT_EQ(got + lost, 2 * most);
}

TEST(SeenClients, AreMergedOverWorkersAndTheLastSeenComesFirst) {
  RequestJournal first{0}, second{1};
  record(first, "/", facts_of("192.0.2.1", 1000), "", "", "a");
  record(second, "/", facts_of("192.0.2.1", 3000), "", "", "a");
  record(first, "/", facts_of("192.0.2.1", 2000), "", "", "b");
  const auto clients = seen_clients({&first, &second});
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].user_agent, "a");
  EXPECT_EQ(clients[0].requests, 2U);
  EXPECT_EQ(clients[1].user_agent, "b");
}

}  // namespace
}  // namespace cachearr::client
