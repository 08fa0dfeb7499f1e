#include "upkeep/alerts/monitor.hpp"

#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

constexpr TimePoint kAlertStart{std::chrono::hours{480'000}};

class AMonitor : public ::testing::Test {
 protected:
  AMonitor() { inputs_.health.store.disk_problem = "No space left on device"; }
  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1'000'000, clock_);
  AlertInputs inputs_;
};

TEST_F(AMonitor, TellsItsObserversOnceOfEachChange) {
  Monitor monitor{*store_};
  std::vector<AlertChange> told;
  monitor.observe([&](const AlertChange& change) { told.push_back(change); });
  monitor.run(inputs_, {}, kAlertStart);
  monitor.run(inputs_, {}, kAlertStart + std::chrono::minutes{1});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].fired);
  EXPECT_EQ(told[0].alert.id, "store");
  EXPECT_EQ(monitor.firing().size(), 1U);
  inputs_.health.store.disk_problem.clear();
  monitor.run(inputs_, {}, kAlertStart + std::chrono::minutes{2});
  monitor.run(inputs_, {}, kAlertStart + std::chrono::minutes{3});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[1].fired);
  EXPECT_TRUE(monitor.firing().empty());
  EXPECT_EQ(monitor.recent().front().id, "store");
}

TEST_F(AMonitor, KnowsAfterARestartWhatFires) {
  Monitor{*store_}.run(inputs_, {}, kAlertStart);
  Monitor again{*store_};
  again.restore();
  ASSERT_EQ(again.firing().size(), 1U);
  EXPECT_EQ(again.firing()[0].since, kAlertStart);
  bool told = false;
  again.observe([&](const AlertChange&) { told = true; });
  again.run(inputs_, {}, kAlertStart + std::chrono::minutes{1});
  EXPECT_FALSE(told);
}

TEST_F(AMonitor, StartsAnewWhereItsStateCannotBeRead) {
  store_->put_state("alerts", "\7nonsense");
  Monitor monitor{*store_};
  monitor.restore();
  EXPECT_TRUE(monitor.firing().empty());
  monitor.run(inputs_, {}, kAlertStart);
  EXPECT_TRUE(decode_alerts(store_->get_state("alerts")));
}

}  // namespace
}  // namespace cachearr::upkeep
