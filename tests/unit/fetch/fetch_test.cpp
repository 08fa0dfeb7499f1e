#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetch/fetch_job.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using Kind = FetchOutcome::Kind;
using test::Asked;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kJson =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
constexpr std::string_view kImageHead = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 6\r\n\r\n";
constexpr std::string_view kPrivateHead =
    "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nCache-Control: no-store\r\nContent-Length: 6\r\n\r\n";

TEST_F(FetchTest, TakesWhatAnotherHasStoredSinceTheLookUp) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  const auto job = job_for(asked);
  store(*job->context);
  join(*job);
  auto& client = wait_for(job);
  begin(job);
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  EXPECT_TRUE(client.outcome().cache_status.hit);
  EXPECT_EQ(client.outcome().entry->body(), "body");
  EXPECT_EQ(fetch_table_.size(), 0U);
  EXPECT_FALSE(origin_.is_connected());
}

TEST_F(FetchTest, TellsWhichVariantItHasFoundStored) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: de\r\n"};
  const auto job = job_for(asked);
  caching::EntryMeta marker;
  marker.flags = caching::kVaryMarker;
  store(*job->context, marker, "accept-language");
  store(classify(asked));
  join(*job);
  auto& client = wait_for(job);
  begin(job);
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  const Asked other{"GET /up/tv/7", "Host: api.test\r\nAccept-Language: fr\r\n"};
  EXPECT_TRUE(client.outcome().is_selected_by(asked.head.fields));
  EXPECT_FALSE(client.outcome().is_selected_by(other.head.fields));
}

TEST_F(FetchTest, StoresABodyThatCameWithItsHeadBeforeItIsShown) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  auto& client = ask(asked);
  EXPECT_THAT(next_request(), HasSubstr("GET /tv/7 HTTP/1.1\r\n"));
  origin_.send(std::string{kImageHead} + "image!");
  EXPECT_EQ(end_of(client).body, "image!");
  EXPECT_TRUE(client.outcome().cache_status.stored);
  EXPECT_EQ(client.outcome().head.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(classify(asked).disposition, pipeline::Disposition::hit);
  EXPECT_EQ(fetch_table_.size(), 0U);
  EXPECT_EQ(fetching_.connections.idle(), 1U);
}

TEST_F(FetchTest, ShowsTheHeadOfABodyThatIsStillComing) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(std::string{kImageHead} + "ima");
  run_until([&] { return client.reader.outcome().kind != Kind::pending; });
  EXPECT_FALSE(client.taken);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::fetch) << "a part is not stored";
  origin_.send("ge!");
  EXPECT_EQ(end_of(client).body, "image!");
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::hit);
}

TEST_F(FetchTest, ShowsNothingOfABodyThatIsStillToBeInspected) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(kJson.substr(0, kJson.size() - 3));
  for (int i = 0; i < 20; ++i) loop_.context().run_one_for(std::chrono::milliseconds{1});
  EXPECT_EQ(client.reader.outcome().kind, Kind::pending);
  origin_.send(kJson.substr(kJson.size() - 3));
  EXPECT_EQ(end_of(client).body, "{\"a\":1}");
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::hit);
}

TEST_F(FetchTest, PassesANoAnswerOnUnstored) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"a");
  const auto& taken = end_of(client);
  EXPECT_EQ(taken.body, "{\"a");
  EXPECT_EQ(taken.end, Arrival::Kind::end);
  EXPECT_FALSE(client.outcome().cache_status.stored);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::fetch);
}

/// Something stale is stored, with a validator.
class RevalidatingFetchTest : public FetchTest {
 protected:
  RevalidatingFetchTest() {
    caching::EntryMeta meta;
    meta.fresh_until_ms = clock_.now().time_since_epoch().count() - 1000;
    meta.sie_seconds = 3600;
    store(classify("GET /up/tv/7"), meta, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n");
  }
};

TEST_F(RevalidatingFetchTest, ServesWhatA304Confirms) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  EXPECT_THAT(next_request(), HasSubstr("If-None-Match: \"1\"\r\n"));
  origin_.send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  EXPECT_EQ(client.outcome().status, 304);
  EXPECT_TRUE(client.outcome().cache_status.stored);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::hit);
}

TEST_F(RevalidatingFetchTest, AsksOnceMoreWithoutConditionsWhereA304IsAboutSomethingElse) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send("HTTP/1.1 304 Not Modified\r\nETag: \"2\"\r\n\r\n");
  EXPECT_THAT(next_request(), Not(HasSubstr("If-None-Match")));
  EXPECT_EQ(origin_.connections(), 1) << "on the same connection";
  origin_.send(kJson);
  EXPECT_EQ(end_of(client).body, "{\"a\":1}");
  EXPECT_EQ(classify("GET /up/tv/7").entry->body(), "{\"a\":1}");
}

TEST_F(RevalidatingFetchTest, IsServedStaleWhereA304ComesToNoConditions) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  for (int i = 0; i < 2; ++i) {
    next_request();
    origin_.send("HTTP/1.1 304 Not Modified\r\nETag: \"2\"\r\n\r\n");
  }
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  EXPECT_EQ(client.outcome().cache_status.detail, "stale-if-error");
}

TEST_F(RevalidatingFetchTest, IsServedStaleWhereTheUpstreamFails) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  EXPECT_EQ(client.outcome().status, 503);
  EXPECT_EQ(client.outcome().cache_status.detail, "stale-if-error");
}

TEST_F(RevalidatingFetchTest, IsServedStaleWhereTheBodyIsNoAnswer) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"a");
  EXPECT_EQ(end_of(client).outcome, Kind::entry);
  EXPECT_EQ(client.outcome().entry->body(), "body");
  EXPECT_EQ(client.outcome().cache_status.detail, "refused");
}

// What a fetch has cost.

TEST_F(FetchTest, KeepsWithTheResponseWhatItHasCost) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  clock_.advance(Duration{30});
  origin_.send(std::string{kImageHead} + "ima");
  run_until([&] { return client.reader.outcome().kind != Kind::pending; });
  clock_.advance(Duration{12});
  origin_.send("ge!");
  end_of(client);
  const auto& entry = classify("GET /up/tv/7").entry;
  EXPECT_EQ(entry->cost(), (caching::FetchCost{42, 6, 0})) << "until its last byte";
  EXPECT_EQ(client.reader.cost(), entry->cost());
  EXPECT_EQ(client.reader.stored().get(), entry.get());
}

TEST_F(FetchTest, TellsTheCostOfAResponseThatIsNotStored) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  clock_.advance(Duration{5});
  origin_.send(std::string{kPrivateHead} + "image!");
  end_of(client);
  EXPECT_EQ(client.reader.cost(), (caching::FetchCost{5, 6, 0}));
  EXPECT_FALSE(client.reader.stored());
}

TEST_F(FetchTest, CountsTheQuotasOfTheUpstreamAsItsCost) {
  snapshot_ = test::snapshot_of(R"({
    "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test", "mount": "/up",
                         "rate": {"quota": [{"limit": 100, "per": "day"}, {"limit": 10, "per": "hour"}]}}},
    "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})");
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(kJson);
  end_of(client);
  EXPECT_EQ(client.reader.cost()->quota_units, 2U);
}

TEST_F(RevalidatingFetchTest, KeepsTheCostOfTheWholeWhereItIsConfirmed) {
  clock_.advance(Duration{1000});
  auto& whole = ask(Asked{"GET /up/tv/8", "Host: api.test\r\n"});
  next_request();
  clock_.advance(Duration{70});
  origin_.send(kJson);
  end_of(whole);
  clock_.advance(std::chrono::hours{2});
  auto& confirming = ask(Asked{"GET /up/tv/8", "Host: api.test\r\n"});
  EXPECT_THAT(next_request(), HasSubstr("If-None-Match: \"1\"\r\n"));
  clock_.advance(Duration{1});
  origin_.send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  end_of(confirming);
  const auto& entry = classify("GET /up/tv/8").entry;
  EXPECT_EQ(entry->cost(), (caching::FetchCost{70, 7, 0}));
  EXPECT_EQ(entry->fetches(), 2U) << "it was asked for twice";
  EXPECT_TRUE(confirming.outcome().asked);
}

TEST_F(RevalidatingFetchTest, CountsOnWhereAChangedResponseTakesThePlace) {
  for (int i = 0; i < 3; ++i) classify("GET /up/tv/7").entry->count_hit();
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(kJson);
  end_of(client);
  EXPECT_EQ(classify("GET /up/tv/7").entry->fetches(), 2U);
  EXPECT_EQ(classify("GET /up/tv/7").entry->hits(), 3U);
}

TEST_F(RevalidatingFetchTest, SaysWhetherTheOriginWasAskedBeforeAStaleAnswer) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n");
  end_of(client);
  EXPECT_TRUE(client.outcome().asked);
}

// Who goes away while a step waits.

TEST_F(FetchTest, GoesOnForTheStoreWhenTheClientLeaves) {
  const auto job = job_for(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  join(*job);
  auto reader = std::make_unique<FetchReader>(job->shared_fetch, loop_);
  begin(job);
  next_request();
  reader.reset();
  origin_.send(kImageHead);
  settle();
  origin_.send("image!");
  run_until([&] { return fetch_table_.size() == 0; });
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::hit);
}

TEST_F(FetchTest, EndsWhenTheClientLeavesAndNothingIsToBeStored) {
  const auto job = job_for(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  join(*job);
  auto reader = std::make_unique<FetchReader>(job->shared_fetch, loop_);
  begin(job);
  next_request();
  origin_.send(std::string{kPrivateHead} + "im");
  run_until([&] { return reader->outcome().kind != Kind::pending; });
  reader.reset();
  origin_.send("a");
  run_until([&] { return origin_.sees_end(); });
}

TEST_F(FetchTest, IsAnErrorWhenTheUpstreamLeavesBeforeTheHead) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  for (int i = 0; i < 2; ++i) {
    next_request();
    origin_.close();
  }
  EXPECT_EQ(end_of(client).outcome, Kind::failed);
  EXPECT_EQ(client.outcome().error_status, 502);
  EXPECT_THAT(client.outcome().error, HasSubstr("api.test ended the connection"));
  EXPECT_EQ(fetch_table_.size(), 0U);
}

TEST_F(FetchTest, IsAnErrorWhenTheUpstreamLeavesInABodyThatNobodyHasSeen) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(kJson.substr(0, kJson.size() - 3));
  settle();
  origin_.close();
  EXPECT_EQ(end_of(client).outcome, Kind::failed);
  EXPECT_EQ(client.outcome().error_status, 502);
}

TEST_F(FetchTest, BreaksOffWhenTheUpstreamLeavesInABodyThatIsShown) {
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  origin_.send(std::string{kImageHead} + "ima");
  run_until([&] { return client.reader.outcome().kind != Kind::pending; });
  origin_.close();
  EXPECT_EQ(end_of(client).end, Arrival::Kind::broken);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, pipeline::Disposition::fetch) << "a part is not stored";
}

TEST_F(FetchTest, LeavesNobodyWaitingWhenTheWorkerEndsBeforeTheHead) {
  const auto job = job_for(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  begin(job);
  const FetchReader reader{job->shared_fetch, loop_};
  next_request();
  loop_.abandon();
  EXPECT_EQ(reader.outcome().kind, Kind::failed);
  EXPECT_EQ(fetch_table_.size(), 0U);
}

TEST_F(FetchTest, LeavesNobodyWaitingWhenTheWorkerEndsInTheBody) {
  const auto job = job_for(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  begin(job);
  FetchReader reader{job->shared_fetch, loop_};
  next_request();
  origin_.send(std::string{kImageHead} + "ima");
  run_until([&] { return reader.outcome().kind != Kind::pending; });
  loop_.abandon();
  Arrival arrival;
  ASSERT_TRUE(reader.poll(arrival));
  ASSERT_TRUE(reader.poll(arrival));
  EXPECT_EQ(arrival.kind, Arrival::Kind::broken);
  EXPECT_EQ(fetch_table_.size(), 0U);
}

TEST_F(FetchTest, KeepsTheConfigurationThatItBeganWith) {
  const std::weak_ptr<const pipeline::ConfigSnapshot> old = snapshot_;
  auto& client = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  next_request();
  worker_.snapshot = fetching_.snapshot = snapshot_ = test::snapshot_of(R"({"upstreams": {}})");
  context_.reset(snapshot_);
  EXPECT_FALSE(old.expired());
  origin_.send(kJson);
  EXPECT_EQ(end_of(client).body, "{\"a\":1}");
  EXPECT_TRUE(client.outcome().cache_status.stored);
}

TEST_F(RevalidatingFetchTest, RefreshesByTheConfigurationOfItsRequest) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  const std::weak_ptr<const pipeline::ConfigSnapshot> old = snapshot_;
  classify(asked);
  auto context = std::make_unique<pipeline::RequestContext>(context_);
  context->disposition = pipeline::Disposition::stale_hit;
  context->refresh = true;
  worker_.snapshot = fetching_.snapshot = snapshot_ = test::snapshot_of(R"({"upstreams": {}})");
  context_.reset(snapshot_);
  follow_up(fetching_, *context, asked.bytes);
  context.reset();
  EXPECT_THAT(next_request(), HasSubstr("GET /tv/7 HTTP/1.1\r\n"));
  EXPECT_FALSE(old.expired()) << "the refresh points into the rules of its request";
  origin_.send(kJson);
  run_until([&] { return fetch_table_.size() == 0; });
  for (int i = 0; i < 10; ++i) settle();
  fetching_.contexts.clear();
  EXPECT_TRUE(old.expired());
}

TEST_F(FetchTest, FillsTheStoreWithoutAClient) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  classify(asked);
  std::vector<FetchContext*> workers{&fetching_};
  context_.request.own(asked.bytes);
  fetch_in_background(workers, context_, Purpose::warm_up);
  EXPECT_THAT(next_request(), HasSubstr("GET /tv/7 HTTP/1.1\r\n"));
  origin_.send(kJson);
  run_until([&] { return fetch_table_.size() == 0; });
  EXPECT_EQ(classify(asked).disposition, pipeline::Disposition::hit);
}

TEST_F(FetchTest, InTheBackgroundIsDoneOnceHoweverManyWantIt) {
  const Asked asked{"GET /up/tv/7", "Host: api.test\r\n"};
  classify(asked);
  context_.request.own(asked.bytes);
  EXPECT_TRUE(fetch_in_background(fetching_, context_, Purpose::warm_up));
  EXPECT_FALSE(fetch_in_background(fetching_, context_, Purpose::warm_up));
}

TEST_F(FetchTest, TellsWhichVariantHasComeInALanguage) {
  auto& client = ask(Asked{"GET /up/film", "Host: api.test\r\nAccept-Language: en, de\r\n"});
  next_request();
  origin_.send(
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60, stale-while-revalidate=60\r\nVary: "
      "Accept-Language\r\nContent-Language: DE\r\n"
      "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nder");
  EXPECT_EQ(end_of(client).body, "der");
  EXPECT_EQ(classify("GET /up/film", "Accept-Language: fr;q=0.5, de\r\n").disposition, pipeline::Disposition::hit);
  EXPECT_EQ(context_.entry->body(), "der");
  for (const std::string language : {"fr", "de;q=0.5, fr", "de, fr", "de-AT, de;q=0.9", "*", "de;q=0"})
    EXPECT_EQ(classify("GET /up/film", "Accept-Language: " + language + "\r\n").disposition,
              pipeline::Disposition::fetch)
        << language;
  clock_.advance(std::chrono::seconds{61});
  EXPECT_EQ(classify("GET /up/film", "Accept-Language: fr;q=0.5, de\r\n").disposition, pipeline::Disposition::fetch);
  EXPECT_FALSE(context_.entry);
  EXPECT_FALSE(context_.refresh);
}

}  // namespace
}  // namespace cachearr::fetch
