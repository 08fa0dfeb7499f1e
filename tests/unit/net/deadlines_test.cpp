#include "net/deadlines.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace cachearr::net {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Probe final : public Deadline {
 public:
  using Deadline::Deadline;
  int expired = 0;
  std::function<void()> then;

 private:
  void expire() noexcept override {
    ++expired;
    if (then) then();
  }
};

class DeadlineTest : public ::testing::Test {
 protected:
  DeadlineTest() { deadlines_.set_now(now_); }

  /// The loop runs for so long, and sweeps as often as it does.
  void run_for(steady_clock::duration time) {
    for (const auto end = now_ + time; now_ < end;) deadlines_.sweep(now_ += Deadlines::kSweep);
  }
  steady_clock::time_point now_ = steady_clock::time_point{hours{1}};
  Deadlines deadlines_;
};

TEST_F(DeadlineTest, ThatHasPassedExpiresOnce) {
  Probe probe{deadlines_};
  probe.arm(Duration{1000});
  EXPECT_TRUE(probe.armed());
  run_for(seconds{2});
  EXPECT_EQ(probe.expired, 1);
  EXPECT_FALSE(probe.armed());
  run_for(seconds{2});
  EXPECT_EQ(probe.expired, 1);
}

TEST_F(DeadlineTest, ThatIsAheadDoesNotExpire) {
  Probe probe{deadlines_};
  probe.arm(hours{48});
  run_for(seconds{1});
  EXPECT_EQ(probe.expired, 0);
  EXPECT_TRUE(probe.armed());
}

TEST_F(DeadlineTest, IsNeverShorterThanAskedFor) {
  Probe probe{deadlines_};
  probe.arm(Duration{1000});
  run_for(Duration{1000});
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, ThatIsDisarmedDoesNotExpire) {
  Probe probe{deadlines_};
  probe.arm(Duration{0});
  probe.disarm();
  run_for(seconds{1});
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, IsTheLastOneItWasArmedFor) {
  Probe probe{deadlines_};
  probe.arm(Duration{0});
  probe.arm(hours{48});
  run_for(seconds{1});
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, MayBeArmedAgainWhenItExpires) {
  Probe probe{deadlines_};
  probe.then = [&] { probe.arm(hours{48}); };
  probe.arm(Duration{0});
  run_for(seconds{1});
  EXPECT_EQ(probe.expired, 1);
  EXPECT_TRUE(probe.armed());
}

TEST_F(DeadlineTest, MayDestroyAnyOtherWhenItExpires) {
  constexpr std::size_t kCount = 5;
  for (std::size_t which = 0; which < kCount; ++which) {
    for (std::size_t victim = 0; victim < kCount; ++victim) {
      std::vector<std::unique_ptr<Probe>> probes;
      for (std::size_t i = 0; i < kCount; ++i) probes.push_back(std::make_unique<Probe>(deadlines_));
      for (auto& probe : probes) probe->arm(Duration{0});
      if (victim != which) probes[which]->then = [&] { probes[victim].reset(); };
      run_for(seconds{1});
      for (const auto& probe : probes) {
        const int expired = probe ? probe->expired : 1;
        EXPECT_EQ(expired, 1);
      }
    }
  }
}

TEST_F(DeadlineTest, ThatIsMadeDuringASweepJoinsTheNext) {
  Probe first{deadlines_};
  std::unique_ptr<Probe> second;
  first.then = [&] { second = std::make_unique<Probe>(deadlines_); };
  first.arm(Duration{0});
  run_for(seconds{1});
  second->arm(Duration{0});
  run_for(seconds{1});
  EXPECT_EQ(second->expired, 1);
}

TEST_F(DeadlineTest, IsPutOffByTimeInWhichTheLoopDidNotRun) {
  Probe probe{deadlines_};
  probe.arm(seconds{30});
  run_for(seconds{10});
  deadlines_.sweep(now_ += hours{2});
  EXPECT_EQ(probe.expired, 0);
  run_for(seconds{19});
  EXPECT_EQ(probe.expired, 0);
  run_for(seconds{3});
  EXPECT_EQ(probe.expired, 1);
}

TEST_F(DeadlineTest, IsPutOffAsWellWhenItIsArmedBeforeTheFirstSweepAfterAStandStill) {
  Probe probe{deadlines_};
  now_ += hours{2};
  probe.arm(seconds{5});  // by the loop's notion of now, which is two hours old
  deadlines_.sweep(now_ += Deadlines::kSweep);
  run_for(seconds{4});
  EXPECT_EQ(probe.expired, 0);
  run_for(seconds{3});
  EXPECT_EQ(probe.expired, 1);
}

}  // namespace
}  // namespace cachearr::net
