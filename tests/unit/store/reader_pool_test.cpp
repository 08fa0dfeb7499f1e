#include "store/reader_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <memory>

#include "support/until.hpp"

namespace cachearr::store {
namespace {

/// A pool of one thread that is busy with a job until it is told to go on.
class BusyPool : public ::testing::Test {
 protected:
  void SetUp() override {
    std::promise<void> began;
    pool->post([this, &began] {
      began.set_value();
      go_on_.get_future().wait();
      ran = true;
    });
    began.get_future().wait();
  }
  void go_on() { go_on_.set_value(); }

  std::atomic<bool> ran{false};

 private:
  std::promise<void> go_on_;  // goes after the pool, whose thread looks at it

 protected:
  std::unique_ptr<ReaderPool> pool = std::make_unique<ReaderPool>(1);
};

TEST_F(BusyPool, DropsWhatWaitsWhenItEndsAndAwaitsWhatRuns) {
  const auto held = std::make_shared<int>();
  pool->post([held] { FAIL() << "what it refers to may be gone"; });
  auto end = std::async(std::launch::async, [this] { pool.reset(); });
  EXPECT_TRUE(cachearr::test::until([&] { return held.use_count() == 1; }));
  EXPECT_FALSE(ran);
  go_on();
  end.get();
  EXPECT_TRUE(ran);
}

TEST_F(BusyPool, DropsWhatComesAfterItsEnd) {
  go_on();
  pool->stop();
  const auto held = std::make_shared<int>();
  EXPECT_TRUE(pool->post([held] { FAIL() << "no thread is left"; }));
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(BusyPool, RefusesMoreThanItWouldGetThroughInTime) {
  int taken = 0;
  while (pool->post([] {}) && taken < 1'000'000) ++taken;
  EXPECT_LT(taken, 1'000'000);
  go_on();
}

}  // namespace
}  // namespace cachearr::store
