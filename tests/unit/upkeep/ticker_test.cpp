#include "upkeep/ticker.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>

#include "support/until.hpp"

namespace cachearr::upkeep {
namespace {

using std::chrono::milliseconds;

TEST(Ticker, CallsEachFunctionAgainAndAgain) {
  std::atomic<int> often{0}, seldom{0};
  Ticker ticker;
  ticker.every(milliseconds{1}, "often", [&] { ++often; });
  ticker.every(std::chrono::hours{1}, "seldom", [&] { ++seldom; });
  ticker.start();
  EXPECT_TRUE(test::until([&] { return often >= 3; }));
  ticker.stop();
  EXPECT_EQ(seldom, 0);
}

TEST(Ticker, CallsNothingOnceItIsStopped) {
  std::atomic<int> calls{0};
  Ticker ticker;
  ticker.every(milliseconds{1}, "job", [&] { ++calls; });
  ticker.start();
  EXPECT_TRUE(test::until([&] { return calls > 0; }));
  ticker.stop();
  const int then = calls;
  ticker.stop();
  EXPECT_EQ(calls, then);
}

TEST(Ticker, GoesOnWhereAFunctionThrows) {
  std::atomic<int> calls{0};
  Ticker ticker;
  ticker.every(milliseconds{1}, "job", [&] {
    ++calls;
    throw std::runtime_error{"on purpose"};
  });
  ticker.start();
  EXPECT_TRUE(test::until([&] { return calls >= 2; }));
}

TEST(Ticker, StopsWithoutWaitingForTheNextTurn) {
  Ticker ticker;
  ticker.every(std::chrono::hours{1}, "job", [] { FAIL(); });
  ticker.start();
  ticker.stop();
}

}  // namespace
}  // namespace cachearr::upkeep
