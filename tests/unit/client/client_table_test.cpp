#include "client/client_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/client/recorded.hpp"

namespace cachearr::client {
namespace {

using test::facts_of;
using test::texts_of;

std::vector<std::string> agents_of(const ClientTable& table) {
  std::vector<std::string> agents;
  for (const auto& client : table.clients()) agents.push_back(client.user_agent);
  return agents;
}

void saw(ClientTable& table, ClientTable::Place& place, const RequestFacts& facts, const std::string& user_agent,
         std::string_view detail = "") {
  const auto texts = texts_of("/", user_agent);
  table.saw(place, {facts, texts, detail});
}

TEST(ClientTable, CountsRequestsAndHitsByAddressAndUserAgent) {
  ClientTable table{10};
  ClientTable::Place first, second;
  auto miss = facts_of("192.0.2.1", 1000);
  miss.result = metrics::RequestResult::miss;
  saw(table, first, miss, "Sonarr/4");
  saw(table, first, facts_of("192.0.2.1", 2000), "Sonarr/4");
  saw(table, second, facts_of("192.0.2.2", 1500), "Sonarr/4");
  ASSERT_EQ(table.clients().size(), 2U);
  const auto& one = table.clients().back();
  EXPECT_EQ(one.address, *ip::parse_address("192.0.2.1"));
  EXPECT_EQ(one.requests, 2U);
  EXPECT_EQ(one.hits, 1U);
  EXPECT_EQ(one.last_seen, TimePoint{Duration{2000}});
}

TEST(ClientTable, AConnectionThatChangesItsUserAgentIsAnotherClient) {
  ClientTable table{10};
  ClientTable::Place place;
  for (const auto* const agent : {"Sonarr/4", "Radarr/5", "Sonarr/4"}) saw(table, place, facts_of(), agent);
  EXPECT_THAT(agents_of(table), ::testing::ElementsAre("Sonarr/4", "Radarr/5"));
  EXPECT_EQ(table.clients().front().requests, 2U);
}

TEST(ClientTable, ForgetsWhoeverWasNotSeenForTheLongestTime) {
  ClientTable table{2};
  ClientTable::Place a, b, c;
  saw(table, a, facts_of(), "a");
  saw(table, b, facts_of(), "b");
  saw(table, a, facts_of(), "a");
  saw(table, c, facts_of(), "c");
  EXPECT_THAT(agents_of(table), ::testing::ElementsAre("c", "a"));
  saw(table, b, facts_of(), "b");  // whose place is gone
  EXPECT_THAT(agents_of(table), ::testing::ElementsAre("b", "c"));
  EXPECT_EQ(table.clients().front().requests, 1U);
}

TEST(ClientTable, ManyClientsStayBounded) {
  ClientTable table{100};
  for (int i = 0; i < 10'000; ++i) {
    ClientTable::Place place;
    saw(table, place, facts_of(), std::to_string(i));
  }
  EXPECT_EQ(table.clients().size(), 100U);
  EXPECT_EQ(table.clients().front().user_agent, "9999");
}

TEST(ClientTable, RemembersEachWayAndTheLastSignOfTrust) {
  ClientTable table{10};
  ClientTable::Place place;
  auto facts = facts_of();
  facts.way = Way::tunnel;
  saw(table, place, facts, "a", "left-alone");
  facts.way = Way::mount;
  saw(table, place, facts, "a");
  const auto& client = table.clients().front();
  EXPECT_TRUE(client.came_by(Way::tunnel));
  EXPECT_TRUE(client.came_by(Way::mount));
  EXPECT_FALSE(client.came_by(Way::proxy));
  EXPECT_EQ(client.trust, Trust::distrusts);
}

TEST(Trust, IsToldByInterceptedRequestsAndByTunnelsThatAreLeftAlone) {
  EXPECT_EQ(trust_told_by(Way::intercepted, ""), Trust::trusts);
  EXPECT_EQ(trust_told_by(Way::tunnel, "left-alone"), Trust::distrusts);
  EXPECT_EQ(trust_told_by(Way::tunnel, ""), Trust::untold);
  EXPECT_EQ(trust_told_by(Way::proxy, "left-alone"), Trust::untold);
}

TEST(SeenClient, AddsWhatAnotherWorkerHasSeen) {
  SeenClient here{{}, "a", 2, 1, TimePoint{Duration{10}}, 1, Trust::trusts};
  here.add({{}, "a", 3, 2, TimePoint{Duration{20}}, 2, Trust::distrusts});
  EXPECT_EQ(here.requests, 5U);
  EXPECT_EQ(here.hits, 3U);
  EXPECT_EQ(here.ways, 3U);
  EXPECT_EQ(here.trust, Trust::distrusts);
  EXPECT_EQ(here.last_seen, TimePoint{Duration{20}});
}

}  // namespace
}  // namespace cachearr::client
