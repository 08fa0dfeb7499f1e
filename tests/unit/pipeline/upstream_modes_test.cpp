#include "pipeline/upstream_modes.hpp"

#include <gtest/gtest.h>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::pipeline {
namespace {

using rules::UpstreamMode;

class Modes : public testing::Test {
 protected:
  const rules::Upstream* upstream(std::string_view name) const { return snapshot_->rules->upstream_named(name); }

  SnapshotPtr snapshot_ = cachearr::test::snapshot_of(
      R"({"upstreams": {"a": {"hosts": ["a.test"]}, "b": {"hosts": ["b.test"], "mode": "prefer-cache"}}})");
  UpstreamModes& modes_ = *snapshot_->modes;
};

TEST_F(Modes, AreThoseOfTheRulesAtFirst) {
  EXPECT_EQ(modes_.of(upstream("a")), UpstreamMode::live);
  EXPECT_EQ(modes_.of(upstream("b")), UpstreamMode::prefer_cache);
  EXPECT_EQ(modes_.of(nullptr), UpstreamMode::live);
}

TEST_F(Modes, APauseIsOfflineAndGivesBackTheModeOfBefore) {
  const auto before = modes_.change(*upstream("b"), true, std::nullopt);
  EXPECT_EQ(before, (UpstreamModes::State{UpstreamMode::prefer_cache, false}));
  EXPECT_EQ(modes_.of(upstream("b")), UpstreamMode::offline);
  EXPECT_EQ(modes_.of(upstream("a")), UpstreamMode::live);
  modes_.change(*upstream("b"), false, std::nullopt);
  EXPECT_EQ(modes_.of(upstream("b")), UpstreamMode::prefer_cache);
}

TEST_F(Modes, AModeThatIsChosenDuringAPauseHoldsAfterIt) {
  modes_.change(*upstream("b"), true, UpstreamMode::live);
  EXPECT_EQ(modes_.of(upstream("b")), UpstreamMode::offline);
  EXPECT_EQ(modes_.state(*upstream("b")), (UpstreamModes::State{UpstreamMode::live, true}));
  modes_.change(*upstream("b"), false, std::nullopt);
  EXPECT_EQ(modes_.of(upstream("b")), UpstreamMode::live);
}

}  // namespace
}  // namespace cachearr::pipeline
