#include "upkeep/savings_ledger.hpp"

#include <gtest/gtest.h>
#include <memory>

namespace cachearr::upkeep {
namespace {

constexpr Duration kDay = std::chrono::hours{24};

class Ledger : public ::testing::Test {
 protected:
  Ledger() { start(); }
  void start() {
    metrics_ = std::make_unique<metrics::Metrics>(2);
    ledger_ = std::make_unique<SavingsLedger>(*metrics_, *store_, clock_);
    ledger_->restore();
  }
  void save(std::size_t worker, const std::string& client, std::string_view upstream, std::uint64_t bytes) {
    metrics_->worker(worker).savings.of(client).of(metrics_->upstream_number(upstream)).add(bytes, 2, 30);
  }
  Saved total(std::int64_t days = 90) { return ledger_->report(days).total; }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
  std::unique_ptr<metrics::Metrics> metrics_;
  std::unique_ptr<SavingsLedger> ledger_;
};

TEST_F(Ledger, AddsUpWhatAllWorkersHaveCounted) {
  save(0, "a", "sonarr", 100);
  save(1, "a", "sonarr", 10);
  save(1, "b", "", 1);
  const auto report = ledger_->report(1);
  EXPECT_EQ(report.total, (Saved{3, 111, 6, 90}));
  EXPECT_EQ(report.upstreams.front(), (std::pair<std::string, Saved>{"sonarr", {2, 110, 4, 60}}));
  EXPECT_EQ(report.clients.front(), (std::pair<std::string, Saved>{"a", {2, 110, 4, 60}}));
}

TEST_F(Ledger, CountsNothingTwice) {
  save(0, "a", "sonarr", 100);
  for (int i = 0; i < 3; ++i) ledger_->fold();
  save(0, "a", "sonarr", 1);
  EXPECT_EQ(total(), (Saved{2, 101, 4, 60}));
  EXPECT_EQ(total(), (Saved{2, 101, 4, 60}));
}

TEST_F(Ledger, GivesEachDayWhatWasSavedOnIt) {
  save(0, "a", "sonarr", 100);
  ledger_->fold();
  clock_.advance(kDay);
  save(0, "a", "sonarr", 1);
  const auto report = ledger_->report(2);
  EXPECT_EQ(report.days[0].second.bytes, 100U);
  EXPECT_EQ(report.days[1].second.bytes, 1U);
  EXPECT_EQ(total(1).bytes, 1U);
}

TEST_F(Ledger, GoesOnAfterARestart) {
  save(0, "a", "sonarr", 100);
  ledger_->fold();
  start();
  EXPECT_EQ(total(), (Saved{1, 100, 2, 30}));
  save(1, "a", "sonarr", 10);
  EXPECT_EQ(total(), (Saved{2, 110, 4, 60})) << "a new run counts from nothing";
}

TEST_F(Ledger, ForgetsWhatIsOlderThanNinetyDays) {
  save(0, "a", "sonarr", 100);
  ledger_->fold();
  clock_.advance(kDay * 89);
  ledger_->fold();
  EXPECT_EQ(total().bytes, 100U);
  clock_.advance(kDay);
  EXPECT_EQ(total().bytes, 0U);
  start();
  EXPECT_EQ(total().bytes, 0U) << "not by what the store still has";
}

TEST_F(Ledger, KeepsOneStateForEachDayAndNoMore) {
  for (int day = 0; day < 100; ++day) {
    save(0, "a", "sonarr", 1);
    ledger_->fold();
    clock_.advance(kDay);
  }
  start();
  EXPECT_EQ(total().calls, 89U) << "today there is none yet";
  EXPECT_TRUE(store_->get_state("savings:90").empty());
  EXPECT_FALSE(store_->get_state("savings:89").empty());
}

TEST_F(Ledger, LeavesOutADayThatCannotBeRead) {
  save(0, "a", "sonarr", 100);
  ledger_->fold();
  clock_.advance(kDay);
  save(0, "a", "sonarr", 7);
  ledger_->fold();
  const auto yesterday = day_of(clock_.now()) - 1;
  store_->put_state("savings:" + std::to_string(yesterday % SavingsLedger::kKeptDays), "rubbish");
  start();
  EXPECT_EQ(total().bytes, 7U);
}

}  // namespace
}  // namespace cachearr::upkeep
