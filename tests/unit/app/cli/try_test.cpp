#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "app/cli/applications.hpp"
#include "app/cli/try_progress.hpp"

namespace cachearr::app {
namespace {

using testing::HasSubstr;

nlohmann::ordered_json came(const char* way, const char* result) {
  return {{"method", "GET"}, {"url", "http://a.example/"}, {"way", way}, {"result", result}};
}

TEST(Applications, AreToldWhereTheProxyIs) {
  std::set<std::string_view> ids;
  for (const auto& each : applications({"nas", "8765"})) {
    EXPECT_TRUE(ids.insert(each.id).second) << each.id;
    std::string all;
    for (const auto& step : each.steps) all += step;
    EXPECT_THAT(all, HasSubstr("nas")) << each.id;
    EXPECT_THAT(all, HasSubstr("8765")) << each.id;
    EXPECT_FALSE(each.agents.empty());
  }
}

TEST(Applications, AreRecognisedByTheirAgent) {
  const auto all = applications({"nas", "8765"});
  EXPECT_TRUE(is_of(all[0], "Sonarr/4.0.1 (ubuntu)"));
  EXPECT_FALSE(is_of(all[0], "Radarr/5.0"));
}

TEST(TryProgress, TicksEachStageOnce) {
  TryProgress progress;
  EXPECT_THAT(progress.missing(), HasSubstr("nothing of it"));
  EXPECT_EQ(progress.saw(came("proxy", "miss")).size(), 2U);
  EXPECT_TRUE(progress.saw(came("proxy", "miss")).empty());
  EXPECT_THAT(progress.missing(), HasSubstr("twice"));
  EXPECT_FALSE(progress.is_complete());
  EXPECT_EQ(progress.saw(came("proxy", "hit")).size(), 1U);
  EXPECT_TRUE(progress.is_complete());
  EXPECT_EQ(progress.missing(), "");
}

TEST(TryProgress, SaysThatTunnelsAreNotCached) {
  TryProgress progress;
  EXPECT_EQ(progress.saw(came("tunnel", "tunnel")).size(), 1U);
  EXPECT_THAT(progress.missing(), HasSubstr("trust"));
}

}  // namespace
}  // namespace cachearr::app
