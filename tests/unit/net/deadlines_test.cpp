#include "net/deadlines.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace cachearr::net {
namespace {

using std::chrono::hours;
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
  /// What is armed now has run out at the next sweep where its limit is below an hour.
  DeadlineTest() { deadlines_.set_now(steady_clock::now() - hours{1}); }
  Deadlines deadlines_;
};

TEST_F(DeadlineTest, ThatHasPassedExpiresOnce) {
  Probe probe{deadlines_};
  probe.arm(Duration{1000});
  EXPECT_TRUE(probe.armed());
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 1);
  EXPECT_FALSE(probe.armed());
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 1);
}

TEST_F(DeadlineTest, ThatIsAheadDoesNotExpire) {
  Probe probe{deadlines_};
  probe.arm(hours{48});
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 0);
  EXPECT_TRUE(probe.armed());
}

TEST_F(DeadlineTest, IsNeverShorterThanAskedFor) {
  deadlines_.set_now(steady_clock::now() + hours{1});
  Probe probe{deadlines_};
  probe.arm(Duration{0});
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, ThatIsDisarmedDoesNotExpire) {
  Probe probe{deadlines_};
  probe.arm(Duration{0});
  probe.disarm();
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, IsTheLastOneItWasArmedFor) {
  Probe probe{deadlines_};
  probe.arm(Duration{0});
  probe.arm(hours{48});
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 0);
}

TEST_F(DeadlineTest, MayBeArmedAgainWhenItExpires) {
  Probe probe{deadlines_};
  probe.then = [&] { probe.arm(hours{48}); };
  probe.arm(Duration{0});
  deadlines_.sweep();
  EXPECT_EQ(probe.expired, 1);
  EXPECT_TRUE(probe.armed());
}

TEST_F(DeadlineTest, MayDestroyAnyOtherWhenItExpires) {
  constexpr std::size_t kCount = 5;
  for (std::size_t which = 0; which < kCount; ++which) {
    for (std::size_t victim = 0; victim < kCount; ++victim) {
      deadlines_.set_now(steady_clock::now() - hours{1});
      std::vector<std::unique_ptr<Probe>> probes;
      for (std::size_t i = 0; i < kCount; ++i) probes.push_back(std::make_unique<Probe>(deadlines_));
      for (auto& probe : probes) probe->arm(Duration{0});
      if (victim != which) probes[which]->then = [&] { probes[victim].reset(); };
      deadlines_.sweep();
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
  deadlines_.sweep();
  deadlines_.set_now(steady_clock::now() - hours{1});
  second->arm(Duration{0});
  deadlines_.sweep();
  EXPECT_EQ(second->expired, 1);
}

}  // namespace
}  // namespace cachearr::net
