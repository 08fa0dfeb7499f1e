// The calls about what just happened: requests, events, clients.
#include <gmock/gmock.h>

#include "admin/request_feed.hpp"
#include "admin/request_filter.hpp"
#include "client/request_reader.hpp"
#include "unit/admin/called.hpp"
#include "unit/client/recorded.hpp"

namespace cachearr::admin::test {
namespace {

using client::RecordedRequest;
using client::RequestJournal;
using client::test::facts_of;
using client::test::record;
using metrics::RequestResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

RequestFilter filter_of(std::string_view query) {
  Call call;
  call.query = read_query(query);
  auto filter = read_filter(call);
  EXPECT_TRUE(filter.ok()) << query;
  return filter ? *filter : RequestFilter{};
}

RecordedRequest example() {
  auto facts = facts_of("192.0.2.7");
  facts.result = RequestResult::miss;
  return {facts, client::test::texts_of("http://api.test/TV/5")};
}

TEST(RequestFilter, NarrowsByEachParameter) {
  for (const auto* const query :
       {"", "upstream=tmdb", "result=miss", "client=192.0.2.7", "client=sonarr", "text=api.test", "text=tv/5",
        "text=SERIES:1", "text=tmdb-tv", "upstream=tmdb&result=miss&text=tv"})
    EXPECT_TRUE(matches(filter_of(query), example())) << query;
  for (const auto* const query : {"upstream=tm", "upstream=TMDB", "result=hit", "client=192.0.2", "client=radarr",
                                  "text=movie", "upstream=tmdb&result=hit"})
    EXPECT_FALSE(matches(filter_of(query), example())) << query;
}

TEST(RequestFilter, NamesTheResultsThatThereAre) {
  Call call;
  call.query = read_query("result=mist");
  const auto filter = read_filter(call);
  ASSERT_FALSE(filter.ok());
  EXPECT_EQ(filter.error().status, 400);
  EXPECT_THAT(filter.error().body, HasSubstr("hit, stale, revalidated, collapsed, miss, bypass, tunnel or error"));
}

/// Its two workers' journals are written by the test.
class Requests : public Called {
 protected:
  Requests() {
    for (const auto* const journal : instance_.proxy().journals())
      journals_.push_back(const_cast<RequestJournal*>(journal));  // whose worker does not run
  }
  RequestJournal& journal() { return *journals_.front(); }
  std::vector<std::string> urls(std::string_view parameters = "") {
    std::vector<std::string> urls;
    const auto answer = data("GET /api/v1/requests" + std::string{parameters});
    for (const auto& request : answer["requests"]) urls.push_back(request["url"]);
    return urls;
  }
  std::shared_ptr<AnswerStream> listen(std::string_view parameters = "") {
    auto answer = ask("GET /api/v1/events" + std::string{parameters});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.stream;
  }
  static std::string pulled(AnswerStream& stream) {
    std::string all, piece;
    for (bool more = true; more; all += piece) {
      piece.clear();
      more = stream.pull(piece);
    }
    return all;
  }

  std::vector<RequestJournal*> journals_;
};

TEST_F(Requests, AreListedNewestFirstOverAllWorkers) {
  for (int i = 0; i < 3; ++i) record(journal(), "/" + std::to_string(i));
  EXPECT_THAT(urls(), ElementsAre("/2", "/1", "/0"));
  EXPECT_THAT(urls("?limit=1"), ElementsAre("/2"));
  EXPECT_THAT(urls("?text=%2F1"), ElementsAre("/1"));
  EXPECT_THAT(urls("?result=miss"), IsEmpty());
}

TEST_F(Requests, TellTheWholeDecision) {
  auto facts = facts_of("192.0.2.7");
  facts.result = RequestResult::stale;
  facts.forward = http::Forward::stale;
  facts.status = 206;
  facts.bytes = 321;
  facts.duration_us = 1234;
  facts.first_byte_us = 567;
  facts.stored = true;
  facts.way = client::Way::mount;
  const auto id = record(journal(), "http://a.test/x", facts, "limited", "it broke");
  const auto request = data("GET /api/v1/requests")["requests"][0];
  const Json expected = {{"id", std::to_string(id)},
                         {"time", "2023-11-14T22:13:20.042Z"},
                         {"client", "192.0.2.7"},
                         {"userAgent", "Sonarr/4"},
                         {"way", "mount"},
                         {"method", "GET"},
                         {"url", "http://a.test/x"},
                         {"upstream", "tmdb"},
                         {"rule", "tmdb-tv"},
                         {"type", "series"},
                         {"key", "series:1"},
                         {"result", "stale"},
                         {"forward", "stale"},
                         {"detail", "limited"},
                         {"stored", true},
                         {"collapsed", false},
                         {"protocol", "HTTP/1"},
                         {"status", 206},
                         {"bytes", 321},
                         {"durationUs", 1234},
                         {"firstByteUs", 567},
                         {"waitedUs", 0},
                         {"headers", nullptr},
                         {"error", "it broke"}};
  EXPECT_EQ(request, expected);
}

TEST_F(Requests, RefuseParametersThatMeanNothing) {
  for (const auto* const call :
       {"/api/v1/requests?limit=0", "/api/v1/requests?limit=2001", "/api/v1/requests?limit=x",
        "/api/v1/requests?result=x", "/api/v1/events?result=x", "/api/v1/events?last_event_id=x"}) {
    const auto answer = ask("GET " + std::string{call});
    EXPECT_EQ(answer.status, 400) << call;
    EXPECT_THAT(Json::parse(answer.body)["detail"].get<std::string>(), Not(IsEmpty()));
  }
  EXPECT_EQ(call("GET /api/v1/events", key_line() + "Last-Event-ID: x\r\n").status, 400);
}

TEST_F(Requests, AreForThoseWithTheKey) {
  for (const auto* const path : {"requests", "events", "clients"}) {
    EXPECT_EQ(call("GET /api/v1/" + std::string{path}).status, 401) << path;
    EXPECT_EQ(call("POST /api/v1/" + std::string{path}, key_line()).status, 405) << path;
  }
}

TEST_F(Requests, AnEventIsARequestAsTheListTellsIt) {
  const auto stream = listen();
  EXPECT_THAT(pulled(*stream), HasSubstr("retry: 1000\n\n"));
  const auto id = std::to_string(record(journal(), "/a"));
  const auto told = pulled(*stream);
  const auto request = data("GET /api/v1/requests")["requests"][0];
  const auto start = "id: " + id + "\nevent: request\ndata: ";
  ASSERT_THAT(told, ::testing::StartsWith(start));
  ASSERT_THAT(told, ::testing::EndsWith("}\n\n"));
  EXPECT_EQ(Json::parse(told.substr(start.size())), request);
  EXPECT_THAT(pulled(*stream), IsEmpty());
}

TEST_F(Requests, AListenerGetsWhatItsFilterLetsThrough) {
  const auto all = listen(), misses = listen("?result=miss");
  pulled(*all);
  pulled(*misses);
  record(journal(), "/hit");
  auto facts = facts_of();
  facts.result = RequestResult::miss;
  record(journal(), "/miss", facts);
  EXPECT_THAT(pulled(*all), ::testing::AllOf(HasSubstr("/hit"), HasSubstr("/miss")));
  EXPECT_THAT(pulled(*misses), ::testing::AllOf(Not(HasSubstr("/hit")), HasSubstr("/miss")));
}

TEST_F(Requests, AListenerHearsThatSomebodyIsThereWhereNothingHappens) {
  const auto stream = listen();
  pulled(*stream);
  instance_.clock_.advance(RequestFeed::kHeartbeat - Duration{1});
  EXPECT_THAT(pulled(*stream), IsEmpty());
  instance_.clock_.advance(Duration{1});
  EXPECT_THAT(pulled(*stream), ::testing::MatchesRegex(":[^\n]*\n\n"));
  EXPECT_THAT(pulled(*stream), IsEmpty());
}

TEST_F(Requests, AListenerGoesOnBehindTheLastEventThatItSaw) {
  record(journal(), "/before");
  const auto id = std::to_string(record(journal(), "/seen"));
  record(journal(), "/meanwhile");
  for (const auto& stream : {listen("?last_event_id=" + id),
                             call("GET /api/v1/events", key_line() + "Last-Event-ID: " + id + "\r\n").stream}) {
    const auto told = pulled(*stream);
    EXPECT_THAT(told, HasSubstr("/meanwhile"));
    EXPECT_THAT(told, Not(HasSubstr("/before")));
    EXPECT_THAT(told, Not(HasSubstr("/seen")));
    EXPECT_THAT(told, Not(HasSubstr("dropped")));
  }
}

TEST_F(Requests, AListenerThatCameTooLateLearnsThatSomeAreGone) {
  const auto id = std::to_string(record(journal(), "/seen"));
  for (std::size_t i = 0; i < RequestFeed::kMostKept + 10; ++i) record(journal(), "/later");
  const auto told = pulled(*listen("?last_event_id=" + id));
  EXPECT_THAT(told, HasSubstr("event: dropped\ndata: {\"requests\":null}\n\n"));
  EXPECT_THAT(told, HasSubstr("/later"));
}

TEST_F(Requests, AnIdOfAnEarlierRunGetsAllThatIsThere) {
  record(journal(), "/a");
  for (const auto* const id : {"1", "18446744073709551615"}) {
    const auto told = pulled(*listen("?last_event_id=" + std::string{id}));
    EXPECT_THAT(told, HasSubstr("/a"));
    EXPECT_THAT(told, Not(HasSubstr("dropped")));
  }
}

TEST_F(Requests, AnOvertakenListenerLearnsHowManyItMissedAndGoesOn) {
  const auto stream = listen();
  pulled(*stream);
  for (std::size_t i = 0; i < RequestFeed::kMostKept + 7; ++i) record(journal(), "/early");
  const auto told = pulled(*stream);
  EXPECT_THAT(told, HasSubstr("event: dropped\ndata: {\"requests\":7}\n\n"));
  record(journal(), "/last");
  EXPECT_THAT(pulled(*stream), HasSubstr("/last"));
}

TEST_F(Requests, AListenerThatDoesNotPullIsOvertakenByOthersThatDo) {
  const auto slow = listen(), quick = listen();
  pulled(*slow);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < RequestFeed::kMostKept; ++j) record(journal(), "/x");
    EXPECT_THAT(pulled(*quick), Not(HasSubstr("dropped")));
  }
  EXPECT_THAT(pulled(*slow), HasSubstr("data: {\"requests\":" + std::to_string(2 * RequestFeed::kMostKept) + "}"));
}

TEST_F(Requests, OnePullIsBounded) {
  const auto stream = listen();
  pulled(*stream);
  for (std::size_t i = 0; i < RequestFeed::kMostKept; ++i) record(journal(), "/" + std::string(500, 'x'));
  std::string out;
  EXPECT_TRUE(stream->pull(out));
  EXPECT_LT(out.size(), 80U * 1024);
}

TEST_F(Requests, OneMoreListenerThanMayListenIsToldToComeBack) {
  std::vector<std::shared_ptr<AnswerStream>> streams;
  while (streams.size() < RequestFeed::kMostListeners) streams.push_back(listen());
  const auto refused = ask("GET /api/v1/events");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.fields, HasSubstr("Retry-After: "));
  streams.pop_back();
  EXPECT_NE(listen(), nullptr);
}

TEST_F(Requests, AStreamSaysWhatItIs) {
  const auto answer = ask("GET /api/v1/events");
  const auto head = serialise_head(answer, false);
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Accel-Buffering: no\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST_F(Requests, ClientsTellWhoAsksHowTheyComeAndWhatTheyTrust) {
  auto facts = facts_of("192.0.2.7", 1000);
  facts.way = client::Way::intercepted;
  record(journal(), "/", facts, "", "", "Sonarr/4");
  facts.way = client::Way::proxy;
  facts.result = RequestResult::miss;
  facts.at = TimePoint{Duration{2000}};
  record(journal(), "/", facts, "", "", "Sonarr/4");
  facts = facts_of("192.0.2.8", 500);
  facts.way = client::Way::tunnel;
  facts.result = RequestResult::tunnel;
  record(journal(), "pinned.test:443", facts, "left-alone", "", "");
  instance_.proxy().intercept_bypass().distrusts("192.0.2.8 (program 1)", "pinned.test", instance_.clock_.now());
  const auto clients = data("GET /api/v1/clients")["clients"];
  const Json expected = {{{"address", "192.0.2.7"},
                          {"userAgent", "Sonarr/4"},
                          {"requests", 2},
                          {"hits", 1},
                          {"hitRate", 50.0},
                          {"lastSeen", "1970-01-01T00:00:02Z"},
                          {"ways", {"proxy", "intercepted"}},
                          {"trustsAuthority", true},
                          {"untouchedHosts", Json::array()}},
                         {{"address", "192.0.2.8"},
                          {"userAgent", nullptr},
                          {"requests", 1},
                          {"hits", 0},
                          {"hitRate", 0.0},
                          {"lastSeen", "1970-01-01T00:00:00Z"},
                          {"ways", {"tunnel"}},
                          {"trustsAuthority", false},
                          {"untouchedHosts", {"pinned.test"}}}};
  EXPECT_EQ(clients, expected);
}

}  // namespace
}  // namespace cachearr::admin::test
