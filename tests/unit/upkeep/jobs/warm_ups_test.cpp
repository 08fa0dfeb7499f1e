#include "upkeep/jobs/warm_ups.hpp"

#include <gmock/gmock.h>

#include "support/scratch.hpp"
#include "support/until.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

using Kind = fetch::ErrandResult::Kind;
using State = WarmJob::State;
using ::testing::HasSubstr;

/// Upstreams that the test plays.
class Upstreams {
 public:
  void take(fetch::ErrandWish wish, fetch::ErrandDone done) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back({std::move(wish), std::move(done)});
  }
  std::size_t waiting() const {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
  }
  /// Waits for an errand, and ends it.
  fetch::ErrandWish answer(fetch::ErrandResult result) {
    EXPECT_TRUE(test::until([this] { return waiting() > 0; }));
    std::unique_lock lock{mutex_};
    auto [wish, done] = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    done(std::move(result));
    return wish;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<fetch::ErrandWish, fetch::ErrandDone>> waiting_;
};

fetch::ErrandResult fetched(std::string body = {}) { return {Kind::fetched, {}, {}, std::move(body), {}}; }

constexpr std::string_view kWarmRules = R"({"upstreams": {"app": {
  "origin": "http://app.test", "credentials": {},
  "warm": [{"type": "series", "each": "/list", "ask": ["/series/{id}"]}, {"type": "indexers", "ask": ["/indexers"]}]}}})";

class WarmUpsTest : public ::testing::Test {
 protected:
  WarmUps make() {
    return WarmUps{{*store_, clock_, [this] { return snapshot_; }, book_,
                    [this](auto wish, auto done) { upstreams_.take(std::move(wish), std::move(done)); }}};
  }
  static WarmJob job(const WarmUps& warm_ups, std::uint64_t id) { return warm_ups.find(id)->job; }
  static bool ends(const WarmUps& warm_ups, std::uint64_t id, State state) {
    return test::until([&] { return job(warm_ups, id).state == state; });
  }

  SystemClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
  pipeline::SnapshotPtr snapshot_ = test::snapshot_of(kWarmRules);
  fetch::RequestBook book_;
  Upstreams upstreams_;
};

TEST_F(WarmUpsTest, AsksForTheListAndThenForItsElementsOneAfterAnother) {
  auto warm_ups = make();
  std::vector<std::string> told;
  warm_ups.observe([&](const WarmJob& ended) { told.push_back(ended.wish.type); });
  warm_ups.start();
  const auto begun = warm_ups.begin({"series", {}, {"series:*"}}, "request");
  EXPECT_TRUE(begun.is_new);
  const auto list = upstreams_.answer(fetched(R"([{"id": 1}, {"id": 2}])"));
  EXPECT_TRUE(list.wants_body);
  const auto first = upstreams_.answer(fetched());
  EXPECT_EQ(first.upstream + first.target, "app/series/1");
  EXPECT_EQ(first.patterns, std::vector<std::string>{"series:*"});
  EXPECT_FALSE(first.wants_body);
  EXPECT_EQ(upstreams_.answer(fetched()).target, "/series/2");
  EXPECT_TRUE(ends(warm_ups, begun.status.job.id, State::done));
  EXPECT_TRUE(test::until([&] { return !warm_ups.is_running("series"); }));
  warm_ups.stop();
  EXPECT_EQ(told, std::vector<std::string>{"series"});
}

TEST_F(WarmUpsTest, RunsOneOfAKindAtATimeAndOneErrandOfAnUpstream) {
  auto warm_ups = make();
  warm_ups.start();
  const auto first = warm_ups.begin({"series", {}, {}}, "request");
  const auto second = warm_ups.begin({"series", {}, {}}, "request");
  EXPECT_FALSE(second.is_new);
  EXPECT_EQ(second.status.job.id, first.status.job.id);
  EXPECT_TRUE(warm_ups.begin({"indexers", {}, {}}, "request").is_new);
  EXPECT_EQ(upstreams_.answer(fetched("[]")).target, "/list");
  EXPECT_EQ(upstreams_.answer(fetched()).target, "/indexers") << "after the list, though it is another job's";
}

TEST_F(WarmUpsTest, TakesAnotherElementForAnotherKind) {
  auto warm_ups = make();
  warm_ups.start();
  const auto first = warm_ups.begin({"series", "1", {}}, "request");
  EXPECT_TRUE(warm_ups.begin({"series", "2", {}}, "request").is_new);
  EXPECT_EQ(warm_ups.begin({"series", "1", {}}, "request").status.job.id, first.status.job.id);
}

TEST_F(WarmUpsTest, EndsWhatIsCancelled) {
  auto warm_ups = make();
  warm_ups.start();
  const auto id = warm_ups.begin({"series", {}, {}}, "request").status.job.id;
  EXPECT_TRUE(test::until([&] { return upstreams_.waiting() == 1; }));
  EXPECT_EQ(warm_ups.cancel(id)->job.state, State::cancelled);
  upstreams_.answer(fetched(R"([{"id": 1}])"));
  EXPECT_TRUE(test::until([&] { return !warm_ups.is_running("series"); }));
  EXPECT_EQ(upstreams_.waiting(), 0U);
  EXPECT_EQ(warm_ups.cancel(99), std::nullopt);
  EXPECT_TRUE(warm_ups.last_failed().empty());
}

TEST_F(WarmUpsTest, AreTakenUpAfterARestart) {
  std::uint64_t id = 0;
  {
    auto warm_ups = make();
    warm_ups.start();
    id = warm_ups.begin({"series", {}, {}}, "request").status.job.id;
    upstreams_.answer(fetched(R"([{"id": 1}, {"id": 2}, {"id": 3}])"));
    upstreams_.answer(fetched());
    EXPECT_TRUE(test::until([&] { return job(warm_ups, id).fetched == 2 && upstreams_.waiting() == 1; }));
  }
  upstreams_.answer(fetched());  // too late: nobody listens
  auto warm_ups = make();
  warm_ups.restore();
  EXPECT_EQ(job(warm_ups, id).done(), 2U);
  warm_ups.start();
  EXPECT_EQ(upstreams_.answer(fetched()).target, "/series/2") << "that it was answered nobody knows";
  EXPECT_EQ(upstreams_.answer(fetched()).target, "/series/3");
  EXPECT_TRUE(ends(warm_ups, id, State::done));
  EXPECT_EQ(job(warm_ups, id).fetched, 4U);
  EXPECT_GT(warm_ups.begin({"series", {}, {}}, "request").status.job.id, id);
}

TEST_F(WarmUpsTest, KeepTheLastOnesAndTellWhichFailed) {
  std::uint64_t id = 0;
  {
    auto warm_ups = make();
    warm_ups.start();
    for (int i = 0; i < 25; ++i) {
      id = warm_ups.begin({"indexers", {}, {}}, "request").status.job.id;
      upstreams_.answer({Kind::failed, {}, "app.test answered 500", {}, {}});
      EXPECT_TRUE(test::until([&] { return !warm_ups.is_running("indexers"); }));
    }
  }
  auto warm_ups = make();
  warm_ups.restore();
  EXPECT_EQ(warm_ups.all().size(), WarmUps::kMostKept);
  EXPECT_EQ(warm_ups.all().front().job.id, id);
  ASSERT_EQ(warm_ups.last_failed().size(), 1U);
  EXPECT_THAT(warm_ups.last_failed()[0].problem, HasSubstr("app.test answered 500"));
  warm_ups.start();
  const auto good = warm_ups.begin({"indexers", {}, {}}, "request").status.job.id;
  upstreams_.answer(fetched());
  EXPECT_TRUE(ends(warm_ups, good, State::done));
  EXPECT_TRUE(test::until([&] { return warm_ups.last_failed().empty(); }));
}

TEST(CredentialsOfOurOwn, ComeFromTheFileElseFromClientsElseThereAreNone) {
  const test::Scratch scratch;
  const auto file = scratch.file("key", " 0123456789abcdef\n");
  rules::Upstream upstream;
  upstream.name = "app";
  const fetch::RequestBook book;
  EXPECT_TRUE(credentials_for(upstream, book)->empty()) << "it wants none";
  upstream.credential_query = {"apikey"};
  EXPECT_FALSE(credentials_for(upstream, book));
  upstream.api_key_file = scratch.file("two-lines", "one\ntwo");
  EXPECT_THAT(credentials_for(upstream, book).error().what, HasSubstr("two-lines has a control character"));
  upstream.api_key_file = file;
  EXPECT_EQ(credentials_for(upstream, book)->query, "apikey=0123456789abcdef");
  EXPECT_EQ(errand_to(upstream, "/x?a=1", *credentials_for(upstream, book)).target, "/x?a=1&apikey=0123456789abcdef");
  upstream.credential_headers = {"x-api-key"};
  EXPECT_EQ(credentials_for(upstream, book)->fields, "X-Api-Key: 0123456789abcdef\r\n");
}

}  // namespace
}  // namespace cachearr::upkeep
