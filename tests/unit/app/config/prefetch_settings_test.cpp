#include <gmock/gmock.h>

#include "unit/app/config/config_test_support.hpp"

namespace cachearr::app {
namespace {

using Trigger = PrefetchConfig::Trigger;
using ::testing::HasSubstr;

TEST(PrefetchSettings, AreReadFromTheFile) {
  Machine machine;
  machine.with_file(R"({"cache": {"prefetch_keys": 5, "prefetch": [
    {"trigger": "startup", "patterns": ["series:*"]}, {"trigger": "access", "patterns": ["a:*", "b:*"], "interval": "90s"},
    {"trigger": "schedule", "patterns": ["*"], "at": "04:30"}]}})");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  const std::vector<PrefetchConfig> wanted{{Trigger::startup, {"series:*"}, {}, {}},
                                           {Trigger::access, {"a:*", "b:*"}, Duration{90'000}, {}},
                                           {Trigger::schedule, {"*"}, {}, Duration{(4 * 60 + 30) * 60'000}}};
  EXPECT_EQ(config->cache.prefetch, wanted);
  EXPECT_EQ(config->cache.prefetch_keys, 5U);
}

TEST(PrefetchSettings, AreReadFromTheEnvironment) {
  Machine machine;
  machine.with("CACHEARR__CACHE__PREFETCH", R"([{"trigger": "schedule", "patterns": ["x:*"], "interval": "10s"}])")
      .with("CACHEARR__CACHE__PREFETCH_KEYS", "7");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->cache.prefetch.at(0).patterns, std::vector<std::string>{"x:*"});
  EXPECT_EQ(config->cache.prefetch_keys, 7U);
}

TEST(PrefetchSettings, HaveTheirMistakesNamed) {
  const std::pair<const char*, const char*> mistakes[] = {
      {R"([5])", "must be an object"},
      {R"([{"trigger": "never", "patterns": ["*"]}])", "startup"},
      {R"([{"trigger": "access"}])", "needs \"patterns\""},
      {R"([{"patterns": ["*"]}])", "needs \"trigger\""},
      {R"([{"trigger": "access", "patterns": []}])", "at least one pattern"},
      {R"([{"trigger": "access", "patterns": ["*"], "interval": "1ms"}])", "interval"},
      {R"([{"trigger": "access", "patterns": ["*"], "at": "04:00"}])", "\"schedule\" alone"},
      {R"([{"trigger": "schedule", "patterns": ["*"], "at": "24:00"}])", "time of day"},
      {R"([{"trigger": "schedule", "patterns": ["*"], "at": "04:00", "interval": "1h"}])", "remove one of the two"},
      {R"([{"trigger": "startup", "patterns": ["*"], "interval": "1h"}])", "means nothing"},
      {R"([{"trigger": "access", "patterns": ["*"], "pattern": "x"}])", "did you mean 'patterns'"}};
  for (const auto& [value, problem] : mistakes) {
    Machine machine;
    machine.with_file(R"({"cache": {"prefetch": )" + std::string{value} + "}}");
    EXPECT_FALSE(machine.load()) << value;
    EXPECT_THAT(machine.errors(), HasSubstr(problem)) << value;
  }
}

}  // namespace
}  // namespace cachearr::app
