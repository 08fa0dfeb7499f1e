#include "upkeep/jobs/warm_job.hpp"

#include <gmock/gmock.h>

namespace cachearr::upkeep {
namespace {

using Kind = fetch::ErrandResult::Kind;
using State = WarmJob::State;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr TimePoint kJobStart{seconds{1'700'000'000}};

fetch::ErrandResult errand_result(Kind kind, std::string why = {}, TimePoint at = {}) {
  return {kind, at, std::move(why), {}, {}};
}

class WarmRunTest : public ::testing::Test {
 protected:
  static WarmRun run_of(std::vector<WarmStep> steps, std::vector<WarmList> lists = {}) {
    WarmJob job;
    job.id = 7;
    job.wish.type = "series";
    job.cause = "request";
    job.began = kJobStart;
    WarmPlan plan;
    plan.steps = std::move(steps);
    plan.lists = std::move(lists);
    return WarmRun{std::move(job), std::move(plan)};
  }
  /// What is asked next, "" for nothing.
  static std::string next(WarmRun& run, TimePoint now = kJobStart, const std::set<std::string>& busy = {}) {
    const auto errand = run.next(now, busy);
    return errand ? errand->upstream + errand->target : "";
  }
  static std::vector<WarmStep> numbered(const std::string& upstream, int count) {
    std::vector<WarmStep> steps;
    for (int i = 0; i < count; ++i) steps.push_back({upstream, "/" + std::to_string(i)});
    return steps;
  }
};

TEST_F(WarmRunTest, AsksEachUpstreamOneThingAtATime) {
  auto run = run_of({{"a", "/1"}, {"a", "/2"}, {"b", "/3"}});
  EXPECT_EQ(next(run), "a/1");
  EXPECT_EQ(next(run), "b/3");
  EXPECT_EQ(next(run), "") << "both are asked";
  run.took("a", errand_result(Kind::fetched), kJobStart);
  EXPECT_EQ(next(run, kJobStart, {"a"}), "") << "another job asks there";
  EXPECT_EQ(next(run), "a/2");
  run.took("a", errand_result(Kind::fresh), kJobStart);
  run.took("b", errand_result(Kind::left_out, "its answer is never stored"), kJobStart + minutes{1});
  EXPECT_EQ(run.job().state, State::done);
  EXPECT_EQ(run.job().ended, kJobStart + minutes{1});
  EXPECT_EQ(std::tuple(run.job().fetched, run.job().fresh, run.job().left_out, run.job().total),
            std::tuple(1U, 1U, 1U, 3U));
}

TEST_F(WarmRunTest, WaitsForTheBudgetAndAsksForTheSameAgain) {
  auto run = run_of({{"a", "/1"}, {"a", "/2"}});
  EXPECT_EQ(next(run), "a/1");
  run.took("a", errand_result(Kind::later, {}, kJobStart + minutes{10}), kJobStart);
  EXPECT_EQ(run.job().waits_until, kJobStart + minutes{10});
  EXPECT_EQ(run.look_again_at(), kJobStart + minutes{10});
  EXPECT_EQ(next(run, kJobStart + minutes{9}), "");
  EXPECT_EQ(next(run, kJobStart + minutes{10}), "a/1");
  run.took("a", errand_result(Kind::fetched), kJobStart + minutes{10});
  EXPECT_EQ(run.job().waits_until, std::nullopt);
  EXPECT_EQ(run.job().done(), 1U);
}

TEST_F(WarmRunTest, SaysWhereNoListHasTheElementThatIsMeant) {
  const auto problem_of = [](std::vector<WarmStep> steps) {
    WarmJob job;
    job.wish = {"series", "999", {}};
    job.began = kJobStart;
    WarmPlan plan;
    plan.lists = {WarmList{{"a", "/list"}, {}}};
    WarmRun run{std::move(job), std::move(plan)};
    EXPECT_EQ(next(run), "a/list");
    run.took("a", errand_result(Kind::fetched), kJobStart);
    run.add(0, std::move(steps), kJobStart);
    while (!next(run).empty()) run.took("a", errand_result(Kind::fetched), kJobStart);
    EXPECT_EQ(run.job().state, State::done);
    return run.job().problem;
  };
  EXPECT_EQ(problem_of({}), "nothing in the lists has the id 999");
  EXPECT_EQ(problem_of({{"a", "/series/999"}}), "");
}

TEST_F(WarmRunTest, AddsWhatListsGive) {
  auto run = run_of({}, {WarmList{{"a", "/list"}, {}}});
  const auto errand = run.next(kJobStart, {});
  EXPECT_EQ(errand->list, 0U);
  EXPECT_FALSE(run.can_be_kept()) << "the list is not here yet";
  run.took("a", errand_result(Kind::fetched), kJobStart);
  EXPECT_FALSE(run.is_over());
  EXPECT_FALSE(run.job().total_is_known);
  run.add(0, numbered("b", 2), kJobStart);
  EXPECT_TRUE(run.can_be_kept());
  EXPECT_EQ(run.job().total, 3U);
  EXPECT_TRUE(run.job().total_is_known);
  EXPECT_EQ(next(run), "b/0");
}

TEST_F(WarmRunTest, AsksForAListOnceThoughItIsWantedForItselfToo) {
  const auto run = run_of({{"a", "/list"}, {"a", "/other"}}, {WarmList{{"a", "/list"}, {}}});
  EXPECT_EQ(run.job().total, 2U);
}

TEST_F(WarmRunTest, FailsWhereAListCannotBeHad) {
  auto run = run_of({}, {WarmList{{"a", "/list"}, {}}, WarmList{{"b", "/list"}, {}}});
  next(run), next(run);
  run.took("a", errand_result(Kind::failed, "a.test answered 401"), kJobStart);
  run.took("b", errand_result(Kind::fresh), kJobStart);
  run.add(1, std::nullopt, kJobStart);
  EXPECT_EQ(run.job().state, State::failed);
  EXPECT_THAT(run.job().problem, HasSubstr("b has sent something else than a list"));
}

TEST_F(WarmRunTest, FailsWhereMoreThanAFifthHas) {
  for (const int failed : {2, 3}) {
    auto run = run_of(numbered("a", 10));
    for (int i = 0; i < 10; ++i) {
      next(run);
      const bool fails = i % 3 == 0 && i / 3 < failed;
      run.took("a", errand_result(fails ? Kind::failed : Kind::fetched, fails ? "a.test answered 404" : ""), kJobStart);
    }
    EXPECT_EQ(run.job().state, failed == 2 ? State::done : State::failed);
  }
}

TEST_F(WarmRunTest, GivesAnUpstreamUpThatDoesNotAnswer) {
  auto run = run_of(numbered("a", 100));
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(next(run), "");
    run.took("a", errand_result(Kind::failed, "a.test cannot be reached"), kJobStart);
  }
  EXPECT_EQ(run.job().state, State::failed);
  EXPECT_EQ(run.job().failed, 100U);
  EXPECT_EQ(run.job().problem, "a: a.test cannot be reached");
}

TEST_F(WarmRunTest, EndsWhereItIsCancelled) {
  auto run = run_of({{"a", "/1"}, {"a", "/2"}});
  next(run);
  run.cancel(kJobStart + minutes{1});
  run.took("a", errand_result(Kind::fetched), kJobStart + minutes{2});
  EXPECT_EQ(next(run), "");
  EXPECT_EQ(run.job().state, State::cancelled);
  EXPECT_EQ(run.job().ended, kJobStart + minutes{1});
}

TEST_F(WarmRunTest, SaysWhatIsMissingWhereThereIsNothingToAsk) {
  const auto empty = run_of({});
  EXPECT_EQ(empty.job().state, State::failed);
  EXPECT_THAT(empty.job().problem, HasSubstr("\"origin\""));
  WarmPlan closed;
  closed.without_access = {"sonarr"};
  EXPECT_THAT((WarmRun{WarmJob{}, closed}.job().problem), HasSubstr("no credential is known for sonarr"));
}

TEST_F(WarmRunTest, IsTakenUpWhereItWasLeft) {
  auto run = run_of({{"a", "/1"}, {"a", "/2"}, {"b", "/3"}});
  next(run), next(run);
  run.took("a", errand_result(Kind::fetched), kJobStart);
  const auto job = decode_job(encode_job(run.job()));
  ASSERT_TRUE(job);
  auto again = WarmRun::restore(*job, run.encode_plan(), run.encode_progress());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->job().done(), 1U);
  EXPECT_EQ(again->job().total, 3U);
  EXPECT_EQ(next(*again), "a/2");
  EXPECT_EQ(next(*again), "b/3") << "what was under way is asked again";
}

TEST_F(WarmRunTest, IsNotTakenUpFromOtherBytes) {
  auto run = run_of({{"a", "/1"}, {"b", "/2"}});
  const auto plan = run.encode_plan(), progress = run.encode_progress();
  for (std::size_t size = 0; size < plan.size(); ++size)
    EXPECT_FALSE(WarmRun::restore(run.job(), plan.substr(0, size), progress)) << size;
  for (std::size_t size = 0; size < progress.size(); ++size)
    EXPECT_FALSE(WarmRun::restore(run.job(), plan, progress.substr(0, size))) << size;
}

TEST(WarmJobCodec, KeepsEverything) {
  WarmJob job;
  job.id = 3;
  job.wish = {"metadata", "5", {"metadata:*", "series:*"}};
  job.cause = "schedule";
  job.state = State::failed;
  job.began = kJobStart;
  job.ended = kJobStart + minutes{3};
  job.fetched = 1, job.fresh = 2, job.left_out = 3, job.failed = 4, job.total = 10;
  job.total_is_known = true;
  job.problem = "a: broke";
  const auto bytes = encode_job(job);
  const auto back = decode_job(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_job(*back), bytes);
  EXPECT_EQ(back->wish.patterns, job.wish.patterns);
  EXPECT_EQ(back->ended, job.ended);
  EXPECT_EQ(back->done(), 10U);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_job(bytes.substr(0, size))) << size;
}

TEST(WarmPace, TellsWhenAJobWillBeThrough) {
  WarmJob job;
  job.total = 100;
  job.fetched = 40;
  EXPECT_EQ(ends_about(job, 60, kJobStart), std::nullopt) << "lists are still to come";
  job.total_is_known = true;
  EXPECT_EQ(pace_of(30, minutes{2}), 15);
  EXPECT_EQ(pace_of(30, minutes{0}), 0);
  EXPECT_EQ(ends_about(job, 60, kJobStart), kJobStart + minutes{1});
  EXPECT_EQ(ends_about(job, 0, kJobStart), std::nullopt);
  job.waits_until = kJobStart + minutes{30};
  EXPECT_EQ(ends_about(job, 60, kJobStart), kJobStart + minutes{30});
  job.state = State::done;
  EXPECT_EQ(ends_about(job, 60, kJobStart), std::nullopt);
}

}  // namespace
}  // namespace cachearr::upkeep
