#include "upkeep/optimizer.hpp"

#include <array>
#include <gtest/gtest.h>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["up.test"]}},
  "rules": [{"name": "other", "upstream": "up", "match": {"path": "/o"}, "ttl": "1h", "type": "queue", "key": "other"},
            {"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "ttl": "1h", "type": "series", "key": "tv:{id}"}]})";

class OptimizerTest : public ::testing::Test {
 protected:
  static pipeline::SnapshotPtr snapshot_in(OptimizerMode mode) {
    Config config;
    config.cache.optimizer = mode;
    return cachearr::test::snapshot_of(kRules, config);
  }
  void use_key(std::uint32_t hits, std::uint32_t fetches) {
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = hash128("tv:1");
    parts.identity = parts.key = "tv:1";
    parts.upstream = "up";
    parts.type = "series";
    parts.body = body;
    parts.hits = hits;
    parts.fetches = fetches;
    store_->put(store::make_entry(parts));
    clock_.advance(std::chrono::hours{2});
  }
  bool is_shortened(std::string_view rule = "tv") const {
    for (const auto& each : snapshot_->rules->rules())
      if (each->name == rule) return snapshot_->shortened_ttls->has(each->index);
    return false;
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
  pipeline::SnapshotPtr snapshot_ = snapshot_in(OptimizerMode::on);
  KeyWatch watch_{*store_, [this] { return snapshot_; }, clock_};
  Optimizer optimizer_{watch_, *store_, [this] { return snapshot_; }, clock_};
};

TEST_F(OptimizerTest, KeepsOverARestartWhatIsInForce) {
  use_key(2, 98);
  optimizer_.tick();
  Optimizer again{watch_, *store_, [this] { return snapshot_; }, clock_};
  again.restore();
  const auto before = optimizer_.in_force(), after = again.in_force();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after.begin()->first, before.begin()->first);
  EXPECT_EQ(after.begin()->second.since, before.begin()->second.since);
  EXPECT_EQ(after.begin()->second.at.requests, before.begin()->second.at.requests);
  snapshot_ = snapshot_in(OptimizerMode::on);
  again.carry_over(*snapshot_);
  EXPECT_TRUE(is_shortened());
}

TEST_F(OptimizerTest, HasNothingInForceWhereTheStateCannotBeRead) {
  store_->put_state("optimizer", "\1\377");
  optimizer_.restore();
  EXPECT_TRUE(optimizer_.in_force().empty());
}

TEST_F(OptimizerTest, HalvesAndUndoesWhereItIsOn) {
  use_key(2, 98);
  optimizer_.tick();
  EXPECT_TRUE(is_shortened());
  EXPECT_FALSE(is_shortened("other"));
  EXPECT_EQ(optimizer_.in_force().size(), 1U);
  use_key(500, 98);
  optimizer_.tick();
  EXPECT_FALSE(is_shortened());
  EXPECT_TRUE(optimizer_.in_force().empty());
}

TEST_F(OptimizerTest, ChangesNothingWhereItSuggests) {
  snapshot_ = snapshot_in(OptimizerMode::suggest);
  use_key(2, 98);
  optimizer_.tick();
  EXPECT_FALSE(is_shortened());
  EXPECT_EQ(optimizer_.look(false).halve.size(), 1U);
  EXPECT_FALSE(is_shortened());
  EXPECT_EQ(optimizer_.look(true).halve.size(), 1U);
  EXPECT_TRUE(is_shortened());
}

TEST_F(OptimizerTest, GoesOnAfterAReload) {
  use_key(2, 98);
  optimizer_.tick();
  snapshot_ = snapshot_in(OptimizerMode::on);
  EXPECT_FALSE(is_shortened());
  optimizer_.carry_over(*snapshot_);
  EXPECT_TRUE(is_shortened());
}

TEST_F(OptimizerTest, GivesAllRulesTheirOwnTtlsWhereItIsTurnedOff) {
  use_key(2, 98);
  optimizer_.tick();
  snapshot_ = snapshot_in(OptimizerMode::off);
  optimizer_.carry_over(*snapshot_);
  optimizer_.tick();
  EXPECT_FALSE(is_shortened());
  EXPECT_TRUE(optimizer_.in_force().empty());
}

TEST_F(OptimizerTest, LeavesKeysOfFewRequestsAlone) {
  use_key(0, 19);
  optimizer_.tick();
  EXPECT_FALSE(is_shortened());
}

}  // namespace
}  // namespace cachearr::upkeep
