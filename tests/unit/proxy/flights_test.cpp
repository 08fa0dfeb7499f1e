#include "proxy/flights.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "unit/proxy/flight_readers.hpp"

namespace cachearr::proxy {
namespace {

using test::all_of;
using test::join_and_take_all;
using test::lead;
using test::on;
using test::Taken;

class FlightsTest : public ::testing::Test {
 protected:
  FlightsTest() {
    for (auto* const worker : {&one_, &two_}) worker->start();
  }
  net::Worker one_{0}, two_{1};
  Flights flights_;
};

TEST_F(FlightsTest, HaveOneLeaderForEachName) {
  const auto id = hash128("a");
  const auto first = flights_.join(id, "a", 1, one_);
  const auto second = flights_.join(id, "a", 1, two_);
  EXPECT_TRUE(first.leader);
  EXPECT_FALSE(second.leader);
  EXPECT_EQ(first.flight, second.flight);
  EXPECT_TRUE(flights_.join(hash128("b"), "b", 1, two_).leader);
  EXPECT_EQ(flights_.size(), 2U);
  EXPECT_TRUE(flights_.is_up(id, "a"));
}

TEST_F(FlightsTest, BeginAnewOnceTheyHaveLanded) {
  const auto id = hash128("a");
  const auto first = flights_.join(id, "a", 1, one_);
  flights_.land(id, first.flight);
  EXPECT_FALSE(flights_.is_up(id, "a"));
  const auto second = flights_.join(id, "a", 1, one_);
  EXPECT_TRUE(second.leader);
  EXPECT_NE(first.flight, second.flight);
  flights_.land(id, first.flight);
  EXPECT_TRUE(flights_.is_up(id, "a")) << "landing twice takes nobody else's flight down";
}

TEST_F(FlightsTest, AreNotJoinedAfterAnInvalidation) {
  const auto id = hash128("a");
  const auto before = flights_.join(id, "a", 1, one_);
  const auto after = flights_.join(id, "a", 2, one_);
  EXPECT_TRUE(after.leader);
  EXPECT_NE(before.flight, after.flight);
  EXPECT_EQ(flights_.join(id, "a", 2, two_).flight, after.flight);
  flights_.land(id, before.flight);
  EXPECT_TRUE(flights_.is_up(id, "a")) << "the old one takes nobody else's flight down";
}

TEST_F(FlightsTest, OfNamesThatCollideFlyAlone) {
  const auto id = hash128("a");
  const auto first = flights_.join(id, "a", 1, one_);
  const auto other = flights_.join(id, "b", 1, one_);
  EXPECT_TRUE(other.leader);
  EXPECT_NE(first.flight, other.flight);
  EXPECT_FALSE(flights_.is_up(id, "b"));
  flights_.land(id, other.flight);
  EXPECT_TRUE(flights_.is_up(id, "a"));
}

TEST_F(FlightsTest, HaveOneLeaderHoweverManyThreadsAsk) {
  std::atomic<int> leaders{0};
  const auto ask = [&] {
    for (int i = 0; i < 200; ++i) {
      const auto name = std::to_string(i);
      if (flights_.join(hash128(name), name, 1, one_).leader) ++leaders;
    }
  };
  std::thread other{ask};
  ask();
  other.join();
  EXPECT_EQ(leaders, 200);
  EXPECT_EQ(flights_.size(), 200U);
}

class CrossingFlightTest : public FlightsTest {
 protected:
  /// Readers on both workers, then a leader on the first; gives back what each took.
  std::vector<Taken> fly(int pieces, std::size_t size, bool keep, int readers) {
    auto flight = std::make_shared<Flight>(one_);
    std::vector<std::future<Taken>> taken;
    for (int i = 0; i < readers; ++i) {
      auto& worker = i % 2 == 0 ? two_ : one_;
      auto joined = std::make_shared<std::promise<void>>();
      taken.push_back(
          on<Taken>(worker, [flight, &worker, joined] { return join_and_take_all(flight, worker, joined); }));
      joined->get_future().get();
    }
    auto led = on<bool>(one_, [flight, pieces, size, keep] { return lead(flight, pieces, size, keep); });
    // From here on leader and readers hold it alone, and the last of them ends it, on whatever thread.
    flight.reset();
    EXPECT_TRUE(led.get());
    std::vector<Taken> all;
    for (auto& one : taken) all.push_back(one.get());
    return all;
  }
};

TEST_F(CrossingFlightTest, ReachesReadersOnEveryWorker) {
  for (const bool keep : {true, false}) {
    for (const auto& taken : fly(200, 10'000, keep, 6)) {
      EXPECT_EQ(taken.interims.size(), 1U);
      EXPECT_EQ(taken.outcome, Outcome::Kind::answer);
      EXPECT_EQ(taken.end, Arrival::Kind::end);
      EXPECT_EQ(taken.body, all_of(200, 10'000));
    }
  }
}

TEST_F(CrossingFlightTest, ReachesOneReaderOnAnotherWorkerThroughTheWindow) {
  for (int i = 0; i < 20; ++i) {
    const auto taken = fly(20, 100'000, false, 1);
    EXPECT_EQ(taken.front().end, Arrival::Kind::end);
    EXPECT_EQ(taken.front().body.size(), 2'000'000U);
  }
}

TEST_F(CrossingFlightTest, IsSoonOverManyTimes) {
  for (int i = 0; i < 200; ++i) {
    for (const auto& taken : fly(1, 10, true, 4)) EXPECT_EQ(taken.body, all_of(1, 10));
  }
}

TEST_F(CrossingFlightTest, EndsForTheLeaderWhenTheLastReaderLeavesElsewhere) {
  auto flight = std::make_shared<Flight>(one_);
  std::promise<bool> told;
  flight->on_abandoned([&] { told.set_value(one_.is_current()); });
  std::unique_ptr<FlightReader> reader;
  std::promise<void> joined;
  two_.post([&] {
    reader = std::make_unique<FlightReader>(flight, two_);
    joined.set_value();
  });
  joined.get_future().get();
  auto led = on<bool>(one_, [flight] { return lead(flight, 100, 100'000, false); });
  two_.post([&] { reader.reset(); });
  EXPECT_FALSE(led.get());
  EXPECT_TRUE(told.get_future().get()) << "on the leader's worker";
}

}  // namespace
}  // namespace cachearr::proxy
