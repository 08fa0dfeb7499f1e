#include "admin/call_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>

namespace cachearr::admin {
namespace {

TEST(ACallPool, RunsOneCallWhileAnotherBlocks) {
  std::promise<void> release, second;
  CallPool pool{2, 4};
  ASSERT_TRUE(pool.submit([held = release.get_future().share()](const auto&) { held.wait(); }));
  ASSERT_TRUE(pool.submit([&](const auto&) { second.set_value(); }));
  second.get_future().wait();
  release.set_value();
}

TEST(ACallPool, TakesNoMoreThanMayWait) {
  std::promise<void> release, running;
  std::atomic<int> ran{0};
  CallPool pool{1, 2};
  ASSERT_TRUE(pool.submit([&, held = release.get_future().share()](const auto&) {
    running.set_value();
    held.wait();
  }));
  running.get_future().wait();
  EXPECT_TRUE(pool.submit([&](const auto&) { ++ran; }));
  EXPECT_TRUE(pool.submit([&](const auto&) { ++ran; }));
  EXPECT_FALSE(pool.submit([&](const auto&) { ++ran; }));
  release.set_value();
  pool.stop();
  EXPECT_EQ(ran, 2);
}

TEST(ACallPool, TellsThoseThatWaitThatItStops) {
  std::promise<void> running;
  std::atomic<bool> told{false};
  CallPool pool{1, 2};
  ASSERT_TRUE(pool.submit([&](const std::stop_token& stop) {
    std::promise<void> stopping;
    const std::stop_callback callback{stop, [&] { stopping.set_value(); }};
    running.set_value();
    stopping.get_future().wait();
  }));
  running.get_future().wait();
  ASSERT_TRUE(pool.submit([&](const std::stop_token& stop) { told = stop.stop_requested(); }));
  pool.stop();
  EXPECT_TRUE(told);
}

TEST(ACallPool, WaitsNoLongerThanItIsTold) {
  std::promise<void> release, running;
  CallPool pool{2, 2};
  ASSERT_TRUE(pool.submit([&, held = release.get_future().share()](const auto&) {
    running.set_value();
    held.wait();
  }));
  running.get_future().wait();
  EXPECT_FALSE(pool.stop(Duration{20}));
  EXPECT_FALSE(pool.submit([](const auto&) {}));
  release.set_value();
  EXPECT_TRUE(pool.stop(Duration{600'000}));
  EXPECT_TRUE(pool.stop());
}

TEST(ACallPool, TakesNothingOnceItHasStopped) {
  CallPool pool{1, 2};
  pool.stop();
  EXPECT_FALSE(pool.submit([](const auto&) {}));
}

}  // namespace
}  // namespace cachearr::admin
