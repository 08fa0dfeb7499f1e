#include "upkeep/feed/hub_protocol.hpp"

#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using Told = HubEvent::Kind;

const std::string kHubAccepted = "{}\x1e";

std::vector<HubEvent> hub_take(const std::string& bytes) {
  HubReader reader;
  return reader.take(kHubAccepted + bytes);
}

std::string hub_invocation(const std::string& argument) {
  return R"({"type":1,"target":"receiveMessage","arguments":[)" + argument + "]}\x1e";
}

rules::Message hub_message(const std::string& argument) {
  const auto events = hub_take(hub_invocation(argument));
  EXPECT_EQ(events.back().kind, Told::message);
  return events.back().message;
}

TEST(HubProtocol, ReadsWhatChanged) {
  const auto told = hub_message(R"({"name":"series","body":{"action":"updated","resource":{"id":5,"title":"A \u00e9",
    "monitored":true,"statistics":{"size":1},"tags":[1]}},"version":3})");
  EXPECT_EQ(told.event, "series");
  EXPECT_EQ(told.action, "updated");
  EXPECT_EQ(*told.find("id"), "5");
  EXPECT_EQ(*told.find("title"), "A \xc3\xa9");
  EXPECT_EQ(*told.find("monitored"), "true");
  EXPECT_EQ(told.find("statistics"), nullptr);
  EXPECT_EQ(told.find("tags"), nullptr);
}

TEST(HubProtocol, ReadsMessagesWithoutAResource) {
  const auto sync = hub_message(R"({"name":"queue","body":{"action":"sync","resource":null},"version":3})");
  EXPECT_EQ(sync.action, "sync");
  EXPECT_TRUE(sync.resource.empty());
  EXPECT_EQ(*hub_message(R"({"name":"version","body":{"version":"4.0.1"},"version":3})").find("version"), "4.0.1");
  EXPECT_EQ(hub_message(R"({"name":"odd"})").event, "odd");
}

TEST(HubProtocol, TellsOneThingFromAnother) {
  const auto events =
      hub_take("{\"type\":6}\x1e{\"type\":3,\"invocationId\":\"1\"}\x1e" + hub_invocation("1") +
               "{\"type\":1,\"target\":\"another\",\"arguments\":[]}\x1e{\"type\":7}\x1e{\"type\":6}\x1e");
  std::vector<Told> kinds;
  for (const auto& event : events) kinds.push_back(event.kind);
  EXPECT_EQ(kinds,
            (std::vector<Told>{Told::accepted, Told::other, Told::other, Told::other, Told::other, Told::closed}));
}

TEST(HubProtocol, ReadsTheSameWhereverTheBytesAreCut) {
  const auto bytes = kHubAccepted + hub_invocation(R"({"name":"a"})") + hub_invocation(R"({"name":"b"})");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    HubReader reader;
    auto events = reader.take(bytes.substr(0, cut));
    for (auto& event : reader.take(bytes.substr(cut))) events.push_back(std::move(event));
    ASSERT_EQ(events.size(), 3U) << cut;
    EXPECT_EQ(events[2].message.event, "b") << cut;
  }
}

TEST(HubProtocol, SaysWhyAHubDoesNotWant) {
  HubReader reader;
  const auto refused = reader.take("{\"error\":\"no such\\nprotocol\"}\x1e");
  EXPECT_EQ(refused.front().kind, Told::closed);
  EXPECT_EQ(refused.front().problem, "the hub refuses the handshake: no such?protocol");
  EXPECT_TRUE(reader.take("{\"type\":6}\x1e").empty());
  EXPECT_EQ(hub_take("{\"type\":7,\"error\":\"going\",\"allowReconnect\":true}\x1e").back().problem,
            "the hub has closed the connection: going");
}

TEST(HubProtocol, EndsAtWhatIsNoRecord) {
  for (const std::string bytes : {"[]\x1e", "x\x1e", "\x1e", "{\"type\":\"1\"}\x1e", "{}\x1e"})
    EXPECT_EQ(hub_take(bytes).back().kind, Told::failed) << bytes;
  HubReader reader;
  EXPECT_EQ(reader.take(std::string(HubReader::kLongest + 1, ' ')).back().kind, Told::failed);
}

TEST(HubProtocol, BoundsWhatItKeepsOfAResource) {
  std::string members;
  for (int i = 0; i < 1000; ++i) members += "\"m" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  const auto told = hub_message("{\"name\":\"a\",\"body\":{\"resource\":{" + members + "\"last\":\"" +
                                std::string(600, 'x') + "\"}}}");
  EXPECT_EQ(told.resource.size(), 256U);
  EXPECT_EQ(
      hub_message("{\"name\":\"a\",\"body\":{\"resource\":{\"long\":\"" + std::string(600, 'x') + "\"}}}").find("long"),
      nullptr);
}

TEST(HubProtocol, ReadsOffers) {
  const auto offer = read_negotiation(R"({"connectionToken":"t","connectionId":"i","negotiateVersion":1,
    "availableTransports":[{"transport":"WebSockets"},{"transport":"LongPolling"},{"transport":"ServerSentEvents"}]})");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->token, "t");
  EXPECT_TRUE(offer->websockets && offer->long_polling);
  const auto old = read_negotiation(R"({"connectionId":"i","availableTransports":[{"transport":"LongPolling"}]})");
  EXPECT_EQ(old->token, "i");
  EXPECT_TRUE(!old->websockets && old->long_polling);
}

TEST(HubProtocol, SaysWhatIsWrongWithAnOffer) {
  EXPECT_EQ(read_negotiation("<html>").error().what, "its answer to \"negotiate\" is no JSON object");
  EXPECT_EQ(read_negotiation(R"({"error":"busy"})").error().what, "it refuses a connection: busy");
  EXPECT_EQ(read_negotiation(R"({"connectionId":"i"})").error().what, "its answer to \"negotiate\" names no transport");
  EXPECT_EQ(read_negotiation(R"({"availableTransports":[]})").error().what,
            "its answer to \"negotiate\" names no connection");
}

TEST(HubProtocol, ReadsWhereTheHubSendsTo) {
  const auto offer = read_negotiation(R"({"url":"https://elsewhere.test","accessToken":"a","availableTransports":[]})");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->url, "https://elsewhere.test");
  EXPECT_EQ(offer->access_token, "a");
  EXPECT_FALSE(offer->websockets || offer->long_polling);
}

}  // namespace
}  // namespace cachearr::upkeep
