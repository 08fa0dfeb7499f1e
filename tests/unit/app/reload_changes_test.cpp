#include "app/reload_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config/settings.hpp"

namespace cachearr::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SettingChanges, AreNoneBetweenEqualConfigurations) { EXPECT_THAT(setting_changes(Config{}, Config{}), IsEmpty()); }

TEST(SettingChanges, NameEachSettingThatIsDifferent) {
  Config next;
  next.timeouts.connect = Duration{1};
  next.access.connect_ports = {8080};
  next.log.level = "debug";
  EXPECT_THAT(setting_changes({}, next),
              ElementsAre("access.connect_ports: changed", "timeouts.connect: changed", "log.level: changed"));
}

TEST(SettingChanges, SayWhatWaitsForTheNextStart) {
  Config next;
  next.listeners.clear();
  next.threads = 7;
  EXPECT_THAT(setting_changes({}, next), ElementsAre("listeners changed in the file; it takes effect at the next start",
                                                     "threads changed in the file; it takes effect at the next start"));
}

TEST(SettingChanges, SayThatCompressionIsInForceAtOnce) {
  Config next;
  next.cache.compression = true;
  EXPECT_THAT(setting_changes({}, next), ElementsAre("cache.compression: changed"));
}

TEST(SettingChanges, DoNotCareWhereAListenerWasGiven) {
  Config next;
  next.listeners[0].file = "elsewhere.json";
  next.listeners[0].line = 7;
  EXPECT_THAT(setting_changes({}, next), IsEmpty());
}

TEST(KeepStartSettings, LeavesInForceWhatTheRunningProgramDoes) {
  Config in_force, next;
  in_force.listeners[0].address = "127.0.0.1:1";
  in_force.listeners[0].inherited = 5;
  next.listeners = {ListenerConfig{}, ListenerConfig{}};
  next.memory_max_bytes = 1;
  next.timeouts.connect = Duration{1};
  keep_start_settings(in_force, next);
  ASSERT_EQ(next.listeners.size(), 1U);
  EXPECT_EQ(next.listeners[0].address, "127.0.0.1:1");
  EXPECT_EQ(next.listeners[0].inherited, 5);
  EXPECT_EQ(next.memory_max_bytes, in_force.memory_max_bytes);
  EXPECT_EQ(next.timeouts.connect, Duration{1});
}

}  // namespace
}  // namespace cachearr::app
