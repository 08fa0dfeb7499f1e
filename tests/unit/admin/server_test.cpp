#include "admin/server.hpp"

#include <future>
#include <gmock/gmock.h>

#include "admin/session.hpp"
#include "unit/admin/running_server.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

TEST_F(RunningServer, AnswersOthersWhileACallBlocks) {
  auto blocked = blocking_client();
  for (const auto* const path : {"GET /ping", "GET /health/cache", "GET /metrics", "GET /api/v1/health"}) {
    auto other = client();
    other.ask(path);
    EXPECT_EQ(other.status(), 200) << path;
  }
  release();
  EXPECT_EQ(blocked.status(), 200);
}

TEST_F(RunningServer, AnswersCallsThatMayBlockWhileOthersDo) {
  auto blocked = blocking_client();
  auto other = client();
  other.ask("GET /api/v1/keys");
  EXPECT_EQ(other.status(), 200);
}

TEST_F(RunningServer, RefusesOneMoreBlockingCallThanMayWait) {
  constexpr std::size_t threads = 3, most_waiting = 32;
  std::vector<Client> clients;
  while (clients.size() < threads) clients.push_back(blocking_client());
  while (clients.size() < threads + most_waiting + 1) {
    clients.push_back(client());
    clients.back().ask("POST /api/v1/reload");
  }
  auto* const refused = first_answered(clients);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->status(), 503);
  EXPECT_THAT(refused->head(), HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(RunningServer, OutlivesAClientThatLeavesWhileItsCallRuns) {
  { const auto gone = blocking_client(); }
  release();
  auto other = client();
  other.ask("POST /api/v1/reload");
  EXPECT_EQ(other.status(), 200);
  EXPECT_EQ(instance_.reloads, 2) << "the call of the client that left was not broken off";
}

TEST_F(RunningServer, AnswersTheCallThatRunsBeforeItStops) {
  auto blocked = blocking_client();
  auto stopped = std::async(std::launch::async, [this] { server_.stop(); });
  release();
  EXPECT_EQ(blocked.status(), 200);
  EXPECT_THAT(blocked.body(), HasSubstr("\"taken\":true"));
  stopped.wait();
  EXPECT_TRUE(blocked.is_closed());
}

TEST_F(RunningServer, StopsWithoutWaitingForIdleClients) {
  auto idle = client();
  idle.ask("GET /ping");
  ASSERT_EQ(idle.status(), 200);
  server_.stop();
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(RunningServer, GivesTheOneThatHasWaitedLongestUpForANewcomer) {
  std::vector<Client> clients;
  const auto is_answered = [](Client& client) {
    client.ask("GET /ping");
    return client.status() == 200;
  };
  for (std::size_t i = 0; i < SessionList::kMost; ++i) ASSERT_TRUE(is_answered(clients.emplace_back(client())));
  ASSERT_TRUE(is_answered(clients.front()));
  auto newcomer = client();
  EXPECT_TRUE(is_answered(newcomer));
  EXPECT_TRUE(clients[1].is_closed());
  EXPECT_TRUE(is_answered(clients.front()));
  EXPECT_TRUE(is_answered(clients[2]));
}

TEST_F(RunningServer, KeepsAConnectionForFurtherRequests) {
  auto one = client();
  for (int i = 0; i < 3; ++i) {
    one.ask("GET /api/v1/rules");
    EXPECT_EQ(one.status(), 200);
  }
}

}  // namespace
}  // namespace cachearr::admin::test
