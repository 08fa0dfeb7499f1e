#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "admin/metrics_families.hpp"

namespace cachearr::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// A family of each kind that has labels, all with this name in them.
Readings readings_of(const std::string& name) {
  Readings readings;
  LabelSum label;
  label.label = {name, name};
  label.hits_memory = 3;
  label.hits_disk = 1;
  label.misses[1] = 2;
  readings.counts.labels.push_back(label);
  readings.counts.upstreams[name].statuses[200] = 5;
  return readings;
}

TEST(MetricsText, KeepsAnyNameInsideItsLabel) {
  const auto text = metrics_text(readings_of("a\"} 1\nforged_total 7\\"));
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, Not(::testing::StartsWith("forged")));
    EXPECT_THAT(line, MatchesRegex("#.*|[a-z_]+(\\{.*\\})? [^ ]+")) << line;
  }
  EXPECT_THAT(text, HasSubstr("a\\\"} 1\\nforged_total 7\\\\"));
}

TEST(MetricsText, CountsHitsByTierAndMissesByReason) {
  const auto text = metrics_text(readings_of("tmdb"));
  EXPECT_THAT(text, HasSubstr("# TYPE cachearr_cache_hits_total counter"));
  EXPECT_THAT(text, HasSubstr("tier=\"memory\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tier=\"disk\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("cachearr_upstream_requests_total{upstream=\"tmdb\",status=\"200\"} 5\n"));
}

TEST(MetricsText, HasEachFamilyOnceWithItsHelp) {
  const auto text = metrics_text(readings_of("tmdb"));
  std::vector<std::string> types;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    types.push_back(line.substr(7, line.find(' ', 7) - 7));
    EXPECT_THAT(text, HasSubstr("# HELP " + types.back() + " ")) << line;
  }
  EXPECT_GT(types.size(), 10U);
  std::sort(types.begin(), types.end());
  EXPECT_EQ(std::adjacent_find(types.begin(), types.end()), types.end());
}

}  // namespace
}  // namespace cachearr::admin
