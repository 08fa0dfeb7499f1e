// Answers that are streams, over real sockets.
#include <chrono>
#include <future>
#include <gmock/gmock.h>

#include "admin/request_feed.hpp"
#include "unit/admin/running_server.hpp"
#include "unit/client/recorded.hpp"

namespace cachearr::admin::test {
namespace {

using client::RequestJournal;
using ::testing::HasSubstr;

class Streams : public RunningServer {
 protected:
  void record(std::string_view url) {
    const auto journals = instance_.proxy().journals();
    client::test::record(const_cast<RequestJournal&>(*journals.front()), url);  // whose worker does not run
  }
  Client listener(std::string_view path = "GET /api/v1/events") const {
    auto one = client();
    one.ask(path);
    EXPECT_TRUE(one.receive_until("retry: 1000\n\n"));
    return one;
  }
};

TEST_F(Streams, TellsEachRequestAsItEnds) {
  auto one = listener(), other = listener();
  record("/first");
  EXPECT_TRUE(one.receive_until("/first"));
  record("/second");
  EXPECT_TRUE(one.receive_until("/second"));
  EXPECT_TRUE(other.receive_until("/second"));
}

TEST_F(Streams, EndsWhereTheServerStops) {
  auto one = listener();
  server_.stop();
  EXPECT_TRUE(one.is_closed());
}

TEST_F(Streams, StopsAlsoWhereAListenerReadsNothing) {
  const auto deaf = listener();
  for (int i = 0; i < 20; ++i)
    for (std::size_t j = 0; j < RequestFeed::kMostKept; ++j) record("/" + std::string(900, 'x'));
  const auto stopped = std::async(std::launch::async, [this] { server_.stop(); });
  EXPECT_EQ(stopped.wait_for(std::chrono::minutes{1}), std::future_status::ready);
}

TEST_F(Streams, GivesThePlaceOfAListenerThatHasGoneToAnother) {
  std::vector<Client> all;
  while (all.size() < RequestFeed::kMostListeners) all.push_back(listener());
  auto refused = client();
  refused.ask("GET /api/v1/events");
  EXPECT_EQ(refused.status(), 503);
  all.pop_back();
  int status = 503;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{kPatience.tv_sec};
       status == 503 && std::chrono::steady_clock::now() < end;) {
    auto next = client();
    next.ask("HEAD /api/v1/events", "Connection: close\r\n");
    status = next.receive_until("HTTP/1.1 200") ? 200 : 503;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(Streams, AnswersHeadWithoutStreaming) {
  auto one = client();
  one.ask("HEAD /api/v1/events");
  EXPECT_TRUE(one.receive_until("text/event-stream"));
  EXPECT_TRUE(one.receive_until("\r\n\r\n"));
  EXPECT_TRUE(one.is_closed());
}

TEST_F(Streams, LeavesThePlacesOfOthersAlone) {
  std::vector<Client> listeners;
  while (listeners.size() < RequestFeed::kMostListeners) listeners.push_back(listener());
  auto other = client();
  other.ask("GET /ping");
  EXPECT_EQ(other.status(), 200);
}

}  // namespace
}  // namespace cachearr::admin::test
