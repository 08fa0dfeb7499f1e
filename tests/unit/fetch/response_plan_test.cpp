#include "fetch/response_plan.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::fetch {
namespace {

constexpr std::string_view kPlanRules = R"({
  "upstreams": {
    "up": {"hosts": ["api.test"], "origin": "http://api.test"},
    "indexer": {"hosts": ["nzb.test"], "origin": "http://nzb.test", "errors": "newznab"}},
  "rules": [
    {"name": "fed", "upstream": "up", "match": {"path": "/fed"}, "ttl": {"fresh": "1h", "without_events": "1m"}},
    {"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h"},
    {"name": "checked", "upstream": "up", "match": {"path": "/checked"}, "ttl": "1h",
     "refuse_if": [{"json": "/success", "equals": false}]},
    {"name": "search", "upstream": "indexer", "match": {"path": "/api"}, "ttl": "1h"}]})";

constexpr std::uint64_t kMax = 1024 * 1024;

class ResponsePlanTest : public test::ContextTest {
 protected:
  ResponsePlanTest() : ContextTest{kPlanRules} {}

  /// `url`: with the method in front; `answer`: status line without the version, and field lines.
  ResponsePlan plan(std::string_view request, std::string_view host, const std::string& answer) {
    const test::Asked asked{request, "Host: " + std::string{host} + "\r\n"};
    classify(asked);
    const test::Answered answered{"HTTP/1.1 " + answer + "\r\n"};
    const auto framing = http::frame_response(answered.head, asked.head.method);
    EXPECT_TRUE(framing.ok());
    return plan_response({asked.head, context_, answered.head, *framing, {clock_.now(), clock_.now()}, kMax});
  }
};

TEST_F(ResponsePlanTest, DecidesByHeadRuleAndUpstreamWhatBecomesOfTheBody) {
  struct Case {
    std::string_view request, host;
    std::string answer;
    BodyMode body;
    std::uint64_t buffer;
  };
  const std::string image = "Content-Type: image/png\r\nContent-Length: 9\r\n";
  const std::string json = "Content-Type: application/json\r\nContent-Length: 9\r\n";
  const std::string fresh = "Cache-Control: max-age=60\r\n";
  const std::vector<Case> cases{
      {"GET http://other.test/a", "other.test", "200 OK\r\n" + image, BodyMode::pass, 0},
      {"GET http://other.test/a", "other.test", "200 OK\r\n" + fresh + json, BodyMode::stream, 0},
      {"GET http://api.test/tv/1", "api.test", "200 OK\r\n" + image, BodyMode::stream, 0},
      {"GET http://api.test/tv/1", "api.test", "200 OK\r\n" + json, BodyMode::buffer_and_inspect, 256 * 1024},
      {"GET http://api.test/checked", "api.test", "200 OK\r\n" + image, BodyMode::buffer_and_inspect, kMax},
      {"GET http://api.test/tv/1", "api.test", "200 OK\r\nCache-Control: no-store\r\n" + image, BodyMode::pass, 0},
      {"GET http://api.test/tv/1", "api.test", "500 No\r\n" + json, BodyMode::buffer, 16 * 1024},
      {"GET http://api.test/tv/1", "api.test", "500 No\r\n" + image, BodyMode::pass, 0},
      {"GET http://nzb.test/api", "nzb.test", "200 OK\r\n" + json, BodyMode::buffer_and_inspect, kMax},
      {"POST http://nzb.test/api", "nzb.test", "200 OK\r\n" + json, BodyMode::buffer, 16 * 1024},
      {"POST http://api.test/tv/1", "api.test", "200 OK\r\n" + json, BodyMode::pass, 0},
      {"HEAD http://api.test/tv/1", "api.test", "200 OK\r\n" + json, BodyMode::pass, 0},
      {"GET http://api.test/tv/1", "api.test", "204 No Content\r\n", BodyMode::stream, 0},
  };
  for (const auto& row : cases) {
    const auto planned = plan(row.request, row.host, row.answer);
    EXPECT_EQ(planned.body, row.body) << row.request << " " << row.answer;
    EXPECT_EQ(planned.bounds.buffer, row.buffer) << row.request << " " << row.answer;
  }
}

TEST_F(ResponsePlanTest, StoresForLongOnlyWhatWasAskedForWhileTheFeedIsUp) {
  constexpr Duration second{1'000}, minute{60'000}, hour{3'600'000};
  const auto lifetime = [this] {
    return plan("GET http://api.test/fed", "api.test", "200 OK\r\nContent-Length: 9\r\n").verdict.lifetime;
  };
  auto& feed = *snapshot_->feeds->of(*snapshot_->rules->upstream_named("up"));
  EXPECT_EQ(lifetime(), minute);
  feed.set_up(clock_.now());
  EXPECT_EQ(lifetime(), minute);  // asked for in the moment in which it came up, or before
  clock_.advance(second);
  EXPECT_EQ(lifetime(), hour);
  feed.set_down();
  EXPECT_EQ(lifetime(), minute);
  feed.set_up(clock_.now() + second);  // a gap while it was asked for
  EXPECT_EQ(lifetime(), minute);
}

TEST_F(ResponsePlanTest, TheNextSnapshotGoesOnWithTheFeedsState) {
  const auto next = test::snapshot_of(kPlanRules);
  snapshot_->feeds->of(*snapshot_->rules->upstream_named("up"))->set_up(clock_.now());
  next->feeds->carry_over(*next->rules, *snapshot_->feeds, *snapshot_->rules);
  EXPECT_TRUE(next->feeds->of(*next->rules->upstream_named("up"))->is_up());
  EXPECT_FALSE(next->feeds->of(*next->rules->upstream_named("indexer"))->is_up());
}

TEST_F(ResponsePlanTest, KnowsAStreamThatLivesByItsTypeAndPassesIt) {
  for (const std::string type : {"text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream;x",
                                 "multipart/x-mixed-replace;boundary=\"a\""}) {
    const auto planned = plan("GET http://api.test/tv/1", "api.test",
                              "200 OK\r\nCache-Control: max-age=60\r\nContent-Type: " + type + "\r\n");
    EXPECT_TRUE(planned.live) << type;
    EXPECT_EQ(planned.body, BodyMode::pass) << type;
    EXPECT_FALSE(planned.shareable) << type;
    EXPECT_TRUE(planned.mark_hit_for_miss) << type;
  }
  for (const std::string type : {"text/event-streams", "multipart/mixed", "text/plain", ""})
    EXPECT_FALSE(plan("GET http://api.test/tv/1", "api.test", "200 OK\r\nContent-Type: " + type + "\r\n").live) << type;
  EXPECT_FALSE(plan("HEAD http://api.test/tv/1", "api.test", "200 OK\r\nContent-Type: text/event-stream\r\n").live);
}

TEST_F(ResponsePlanTest, TakesRecordsForAStreamWhereTheyHaveNeitherEndNorLifetime) {
  const std::string records = "200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n";
  EXPECT_TRUE(plan("GET http://api.test/other", "api.test", records).live);
  EXPECT_FALSE(plan("GET http://api.test/other", "api.test", records + "Cache-Control: max-age=60\r\n").live);
  EXPECT_TRUE(plan("GET http://api.test/other", "api.test", records + "Expires: 0\r\n").live) << "no lifetime at all";
  EXPECT_FALSE(plan("GET http://api.test/other", "api.test", records + "ETag: \"1\"\r\n").live);
  EXPECT_FALSE(plan("GET http://api.test/tv/1", "api.test", records).live) << "a rule says for how long it is good";
  EXPECT_FALSE(plan("GET http://api.test/other", "api.test",
                    "200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 5\r\n")
                   .live);
}

TEST_F(ResponsePlanTest, StoresNothingThatIsTooLarge) {
  const auto planned =
      plan("GET http://api.test/tv/1", "api.test",
           "200 OK\r\nContent-Type: image/png\r\nContent-Length: " + std::to_string(kMax + 1) + "\r\n");
  EXPECT_EQ(planned.body, BodyMode::pass);
  EXPECT_EQ(planned.verdict.reason, caching::Reason::too_large);
  EXPECT_EQ(planned.detail, "too-large");
  EXPECT_FALSE(planned.shareable);
  EXPECT_TRUE(planned.mark_hit_for_miss);
}

TEST_F(ResponsePlanTest, SharesWhatIsStoredAndWhatIsAnError) {
  const std::string image = "Content-Type: image/png\r\nContent-Length: 9\r\n";
  EXPECT_TRUE(plan("GET http://api.test/tv/1", "api.test", "200 OK\r\n" + image).shareable);
  EXPECT_TRUE(plan("GET http://api.test/tv/1", "api.test", "503 No\r\n" + image).shareable);
  const auto secret = plan("GET http://api.test/tv/1", "api.test", "200 OK\r\nCache-Control: no-store\r\n" + image);
  EXPECT_FALSE(secret.shareable);
  EXPECT_TRUE(secret.mark_hit_for_miss);
  EXPECT_FALSE(plan("GET http://api.test/tv/1", "api.test", "503 No\r\n" + image).mark_hit_for_miss);
  EXPECT_FALSE(plan("POST http://api.test/tv/1", "api.test", "200 OK\r\n" + image).shareable);
}

TEST_F(ResponsePlanTest, TakesThePostThatSaysSoForTheAnswerToItsGet) {
  const std::string answer =
      "200 OK\r\nCache-Control: max-age=60\r\nContent-Location: http://other.test/a\r\n"
      "Content-Type: image/png\r\nContent-Length: 9\r\n";
  const auto planned = plan("POST http://other.test/a", "other.test", answer);
  EXPECT_EQ(planned.as_answer_to_get, planned.body == BodyMode::stream);
  EXPECT_FALSE(planned.shareable);
}

TEST_F(ResponsePlanTest, KnowsTheLengthWhereTheFramingTells) {
  EXPECT_EQ(plan("GET http://api.test/tv/1", "api.test", "200 OK\r\nContent-Length: 9\r\n").length, 9U);
  EXPECT_EQ(plan("GET http://api.test/tv/1", "api.test", "200 OK\r\nTransfer-Encoding: chunked\r\n").length,
            std::nullopt);
  EXPECT_TRUE(plan("HEAD http://api.test/tv/1", "api.test", "200 OK\r\nContent-Length: 9\r\n").bodiless);
  EXPECT_TRUE(plan("GET http://api.test/tv/1", "api.test", "204 No Content\r\n").bodiless);
}

}  // namespace
}  // namespace cachearr::fetch
