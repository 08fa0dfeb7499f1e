#include "net/idle_order.hpp"

#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cachearr::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Connection final : public IdleOrder::Member {
 public:
  Connection(std::string name, std::vector<std::string>& ended) : name_{std::move(name)}, ended_{ended} {}
  void begin_request() noexcept { leave_idle(); }
  bool stays = false;

 private:
  bool give_way() noexcept override {
    EXPECT_FALSE(is_idle()) << "nobody is asked twice";
    if (!stays) ended_.push_back(name_);
    return !stays;
  }
  std::string name_;
  std::vector<std::string>& ended_;
};

class AnIdleOrder : public ::testing::Test {
 protected:
  void end_all() {
    while (order_.end_longest()) continue;
  }
  std::vector<std::string> ended_;
  IdleOrder order_;
  Connection a_{"a", ended_}, b_{"b", ended_}, c_{"c", ended_};
};

TEST_F(AnIdleOrder, EndsWhoHasWaitedLongest) {
  for (auto* const each : {&b_, &a_, &c_}) order_.enter(*each);
  EXPECT_TRUE(order_.end_longest());
  EXPECT_THAT(ended_, ElementsAre("b"));
  end_all();
  EXPECT_THAT(ended_, ElementsAre("b", "a", "c"));
}

TEST_F(AnIdleOrder, EndsNobodyWhereNobodyWaits) {
  EXPECT_FALSE(order_.end_longest());
  order_.enter(a_);
  a_.begin_request();
  EXPECT_FALSE(order_.end_longest());
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(AnIdleOrder, CountsTheWaitAnewAfterARequest) {
  for (auto* const each : {&a_, &b_, &c_}) order_.enter(*each);
  a_.begin_request();
  EXPECT_FALSE(a_.is_idle());
  order_.enter(a_);
  EXPECT_TRUE(a_.is_idle());
  end_all();
  EXPECT_THAT(ended_, ElementsAre("b", "c", "a"));
}

TEST_F(AnIdleOrder, TakesWhoEntersAgainForTheLastToCome) {
  for (auto* const each : {&a_, &b_, &a_}) order_.enter(*each);
  end_all();
  EXPECT_THAT(ended_, ElementsAre("b", "a"));
}

TEST_F(AnIdleOrder, HasWhoWaitsAgainAfterItWasPassedOver) {
  for (auto* const each : {&a_, &b_}) order_.enter(*each);
  a_.begin_request();
  EXPECT_TRUE(order_.end_longest());
  EXPECT_FALSE(order_.end_longest());
  order_.enter(c_);
  order_.enter(a_);
  end_all();
  EXPECT_THAT(ended_, ElementsAre("b", "c", "a"));
}

TEST_F(AnIdleOrder, LeavesWhoIsBusyAlone) {
  for (auto* const each : {&a_, &b_, &c_}) order_.enter(*each);
  b_.begin_request();
  b_.begin_request();
  end_all();
  EXPECT_THAT(ended_, ElementsAre("a", "c"));
}

TEST_F(AnIdleOrder, PassesOverWhoHasJustBegun) {
  for (auto* const each : {&a_, &b_, &c_}) order_.enter(*each);
  a_.stays = c_.stays = true;
  EXPECT_TRUE(order_.end_longest());
  EXPECT_FALSE(order_.end_longest());
  EXPECT_THAT(ended_, ElementsAre("b"));
}

TEST_F(AnIdleOrder, ForgetsConnectionsThatAreGone) {
  order_.enter(a_);
  {
    Connection gone{"gone", ended_};
    order_.enter(gone);
    order_.enter(b_);
  }
  end_all();
  EXPECT_THAT(ended_, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace cachearr::net
