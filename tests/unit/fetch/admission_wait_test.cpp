#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>

#include "fetch/admission_controller.hpp"
#include "fetch/fetch_job.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using Kind = FetchOutcome::Kind;
using test::Asked;

constexpr std::string_view kLimited = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test", "mount": "/up",
                       "rate": {"per_second": 0.01, "burst": 1, "max_wait": "1h"}}},
  "rules": [{"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "key": "series:{id}"}]})";
constexpr std::string_view kLimitedHead =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 60\r\nContent-Length: "
    "100\r\n\r\n";

/// One token is there, and the next one comes late.
class AdmissionWaitTest : public FetchTest {
 protected:
  AdmissionWaitTest() : FetchTest{kLimited} { admission_.configure(*snapshot_->rules); }
  ~AdmissionWaitTest() override { limited_.connections.close_idle(); }

  std::shared_ptr<FetchJob> begin_limited(std::string_view start) {
    const auto job = job_for(Asked{start, "Host: api.test\r\n"});
    join(*job);
    loop_.spawn(run_fetch(limited_, job), "fetch");
    return job;
  }
  void spend_the_token() {
    begin_limited("GET /up/tv/1");
    next_request();
  }
  std::size_t waiting() {
    std::size_t all = 0;
    for (const auto& upstream : admission_.registry().snapshot(clock_.now()))
      for (const auto& limiter : upstream.limiters)
        all = std::accumulate(limiter.waiting.begin(), limiter.waiting.end(), all);
    return all;
  }

  AdmissionController admission_{clock_, *store_};
  FetchContext limited_{loop_, shared_, snapshot_, fetch_table_, &admission_, dial_};
};

TEST_F(AdmissionWaitTest, GivesItsPlaceInLineUpWhenItsClientLeaves) {
  spend_the_token();
  const auto job = begin_limited("GET /up/tv/2");
  auto reader = std::make_unique<FetchReader>(job->shared_fetch, loop_);
  run_until([this] { return waiting() == 1; });
  reader.reset();
  run_until([this] { return waiting() == 0; });
  run_until([this] { return fetch_table_.size() == 1; });
  EXPECT_FALSE(origin_.has_request());
}

TEST_F(AdmissionWaitTest, DoesNotWaitForAClientThatHasLeftBeforeItGotInLine) {
  spend_the_token();
  begin_limited("GET /up/tv/2");
  run_until([this] { return fetch_table_.size() == 1; });
  EXPECT_EQ(waiting(), 0U);
  EXPECT_FALSE(origin_.has_request());
}

TEST_F(AdmissionWaitTest, StaysInLineWhileAnotherClientWaits) {
  spend_the_token();
  const auto job = begin_limited("GET /up/tv/2");
  const FetchReader patient{job->shared_fetch, loop_};
  auto leaving = std::make_unique<FetchReader>(job->shared_fetch, loop_);
  run_until([this] { return waiting() == 1; });
  leaving.reset();
  settle();
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(patient.outcome().kind, Kind::pending);
}

TEST_F(AdmissionWaitTest, LeavesNobodyWaitingAndNoPlaceInLineWhenTheWorkerEnds) {
  spend_the_token();
  const auto job = begin_limited("GET /up/tv/2");
  const FetchReader reader{job->shared_fetch, loop_};
  run_until([this] { return waiting() == 1; });
  loop_.abandon();
  EXPECT_EQ(reader.outcome().kind, Kind::failed);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(fetch_table_.size(), 0U);
}

TEST_F(AdmissionWaitTest, KeepsTheConfigurationThatItQueuedWith) {
  spend_the_token();
  const auto job = begin_limited("GET /up/tv/2");
  const FetchReader reader{job->shared_fetch, loop_};
  run_until([this] { return waiting() == 1; });
  const std::weak_ptr<const pipeline::ConfigSnapshot> old = snapshot_;
  worker_.snapshot = fetching_.snapshot = limited_.snapshot = snapshot_ = test::snapshot_of(R"({"upstreams": {}})");
  context_.reset(snapshot_);
  EXPECT_FALSE(old.expired());
  EXPECT_EQ(job->context->verdict.upstream->name, "up");
}

/// A stale answer is stored, and the upstream says that it is enough.
class RefusalReadTest : public AdmissionWaitTest {
 protected:
  RefusalReadTest() {
    caching::EntryMeta meta;
    meta.fresh_until_ms = clock_.now().time_since_epoch().count() - 1000;
    meta.limited_seconds = 3600;
    store(classify("GET /up/tv/7"), meta, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n");
  }
  std::shared_ptr<FetchJob> refused() {
    const auto job = begin_limited("GET /up/tv/7");
    auto& client = wait_for(job);
    next_request();
    origin_.send(std::string{kLimitedHead} + "{\"message\":");
    EXPECT_EQ(end_of(client).outcome, Kind::entry);
    EXPECT_EQ(client.outcome().status, 429);
    return job;
  }
};

TEST_F(RefusalReadTest, GoesOnWhenTheClientLeaves) {
  refused();
  origin_.send(std::string(87, ' ') + "1}");
  run_until([this] { return !limited_.connections.idle_by_host().empty(); });
}

TEST_F(RefusalReadTest, EndsWithTheWorker) {
  const auto job = refused();
  loop_.abandon();
  EXPECT_EQ(fetch_table_.size(), 0U);
  EXPECT_EQ(job.use_count(), 1);
}

TEST_F(RefusalReadTest, EndsWithTheUpstream) {
  const auto job = refused();
  origin_.close();
  run_until([&] { return job.use_count() == 1; });
}

}  // namespace
}  // namespace cachearr::fetch
