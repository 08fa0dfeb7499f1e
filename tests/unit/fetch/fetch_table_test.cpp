#include "fetch/fetch_table.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "unit/fetch/fetch_readers.hpp"

namespace cachearr::fetch {
namespace {

using test::all_of;
using test::join_and_take_all;
using test::on;
using test::Taken;
using test::write_pieces;

class FetchTableTest : public ::testing::Test {
 protected:
  FetchTableTest() {
    for (auto* const worker : {&one_, &two_}) worker->start("test");
  }
  net::Worker one_{0}, two_{1};
  FetchTable fetch_table_;
};

TEST_F(FetchTableTest, HasOneFetchForEachName) {
  const auto id = hash128("a");
  const auto first = fetch_table_.join(id, "a", 1, one_);
  const auto second = fetch_table_.join(id, "a", 1, two_);
  EXPECT_TRUE(first.is_new);
  EXPECT_FALSE(second.is_new);
  EXPECT_EQ(first.shared_fetch, second.shared_fetch);
  EXPECT_TRUE(fetch_table_.join(hash128("b"), "b", 1, two_).is_new);
  EXPECT_EQ(fetch_table_.size(), 2U);
  EXPECT_TRUE(fetch_table_.is_under_way(id, "a"));
}

TEST_F(FetchTableTest, BeginsAnewOnceAFetchHasEnded) {
  const auto id = hash128("a");
  const auto first = fetch_table_.join(id, "a", 1, one_);
  fetch_table_.remove(id, first.shared_fetch);
  EXPECT_FALSE(fetch_table_.is_under_way(id, "a"));
  const auto second = fetch_table_.join(id, "a", 1, one_);
  EXPECT_TRUE(second.is_new);
  EXPECT_NE(first.shared_fetch, second.shared_fetch);
  fetch_table_.remove(id, first.shared_fetch);
  EXPECT_TRUE(fetch_table_.is_under_way(id, "a")) << "released twice, it ends nobody else's fetch";
}

TEST_F(FetchTableTest, LetsNobodyJoinAfterAnInvalidation) {
  const auto id = hash128("a");
  const auto before = fetch_table_.join(id, "a", 1, one_);
  const auto after = fetch_table_.join(id, "a", 2, one_);
  EXPECT_TRUE(after.is_new);
  EXPECT_NE(before.shared_fetch, after.shared_fetch);
  EXPECT_EQ(fetch_table_.join(id, "a", 2, two_).shared_fetch, after.shared_fetch);
  fetch_table_.remove(id, before.shared_fetch);
  EXPECT_TRUE(fetch_table_.is_under_way(id, "a")) << "the old one ends nobody else's fetch";
}

TEST_F(FetchTableTest, FetchesNamesThatCollideAlone) {
  const auto id = hash128("a");
  const auto first = fetch_table_.join(id, "a", 1, one_);
  const auto other = fetch_table_.join(id, "b", 1, one_);
  EXPECT_TRUE(other.is_new);
  EXPECT_NE(first.shared_fetch, other.shared_fetch);
  EXPECT_FALSE(fetch_table_.is_under_way(id, "b"));
  fetch_table_.remove(id, other.shared_fetch);
  EXPECT_TRUE(fetch_table_.is_under_way(id, "a"));
}

TEST_F(FetchTableTest, HasOneFetchHoweverManyThreadsAsk) {
  std::atomic<int> begun{0};
  const auto ask = [&] {
    for (int i = 0; i < 200; ++i) {
      const auto name = std::to_string(i);
      if (fetch_table_.join(hash128(name), name, 1, one_).is_new) ++begun;
    }
  };
  std::thread other{ask};
  ask();
  other.join();
  EXPECT_EQ(begun, 200);
  EXPECT_EQ(fetch_table_.size(), 200U);
}

class CrossingSharedFetchTest : public FetchTableTest {
 protected:
  /// Readers on both workers, then a fetch on the first; gives back what each took.
  std::vector<Taken> fly(int pieces, std::size_t size, bool keep, int readers) {
    auto shared_fetch = std::make_shared<SharedFetch>(one_);
    std::vector<std::future<Taken>> taken;
    for (int i = 0; i < readers; ++i) {
      auto& worker = i % 2 == 0 ? two_ : one_;
      auto joined = std::make_shared<std::promise<void>>();
      taken.push_back(on<Taken>(
          worker, [shared_fetch, &worker, joined] { return join_and_take_all(shared_fetch, worker, joined); }));
      joined->get_future().get();
    }
    auto led =
        on<bool>(one_, [shared_fetch, pieces, size, keep] { return write_pieces(shared_fetch, pieces, size, keep); });
    // From here on fetch and readers hold it alone, and the last of them ends it, on whatever thread.
    shared_fetch.reset();
    EXPECT_TRUE(led.get());
    std::vector<Taken> all;
    for (auto& one : taken) all.push_back(one.get());
    return all;
  }
};

TEST_F(CrossingSharedFetchTest, ReachesReadersOnEveryWorker) {
  for (const bool keep : {true, false}) {
    for (const auto& taken : fly(200, 10'000, keep, 6)) {
      EXPECT_EQ(taken.interims.size(), 1U);
      EXPECT_EQ(taken.outcome, FetchOutcome::Kind::answer);
      EXPECT_EQ(taken.end, Arrival::Kind::end);
      EXPECT_EQ(taken.body, all_of(200, 10'000));
    }
  }
}

TEST_F(CrossingSharedFetchTest, ReachesOneReaderOnAnotherWorkerThroughTheWindow) {
  for (int i = 0; i < 20; ++i) {
    const auto taken = fly(20, 100'000, false, 1);
    EXPECT_EQ(taken.front().end, Arrival::Kind::end);
    EXPECT_EQ(taken.front().body.size(), 2'000'000U);
  }
}

TEST_F(CrossingSharedFetchTest, IsSoonOverManyTimes) {
  for (int i = 0; i < 200; ++i) {
    for (const auto& taken : fly(1, 10, true, 4)) EXPECT_EQ(taken.body, all_of(1, 10));
  }
}

TEST_F(CrossingSharedFetchTest, EndsForTheLeaderWhenTheLastReaderLeavesElsewhere) {
  auto shared_fetch = std::make_shared<SharedFetch>(one_);
  std::promise<bool> told;
  shared_fetch->on_abandoned([&] { told.set_value(one_.is_current()); });
  std::unique_ptr<FetchReader> reader;
  std::promise<void> joined;
  two_.post([&] {
    reader = std::make_unique<FetchReader>(shared_fetch, two_);
    joined.set_value();
  });
  joined.get_future().get();
  auto led = on<bool>(one_, [shared_fetch] { return write_pieces(shared_fetch, 100, 100'000, false); });
  two_.post([&] { reader.reset(); });
  EXPECT_FALSE(led.get());
  EXPECT_TRUE(told.get_future().get()) << "on the worker of the fetch";
}

}  // namespace
}  // namespace cachearr::fetch
