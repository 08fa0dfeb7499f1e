#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/config/config_test_support.hpp"

namespace cachearr::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConfigEnvironment, AVariableGoesBeforeTheFile) {
  Machine machine;
  machine.with_file(R"({"memory": {"max_bytes": "1MiB"}})").with("CACHEARR__MEMORY__MAX_BYTES", "1GiB");
  EXPECT_EQ(machine.load()->memory_max_bytes, 1024u * 1024 * 1024);
}

TEST(ConfigEnvironment, AFlagGoesBeforeAVariable) {
  Machine machine;
  machine.with("CACHEARR__LOG__LEVEL", "error");
  machine.sources().log_level = "trace";
  EXPECT_EQ(machine.load()->log.level, "trace");
}

TEST(ConfigEnvironment, TextBecomesWhatTheSettingIs) {
  Machine machine;
  machine.with("CACHEARR__THREADS", "4")
      .with("CACHEARR__CACHE__COMPRESSION", "yes")
      .with("CACHEARR__TIMEOUTS__CONNECT", "7")
      .with("CACHEARR__ADMIN__API_KEY", "12345678")
      .with("CACHEARR__INTERCEPT__ENABLED", "auto");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->threads, 4u);
  EXPECT_TRUE(config->cache.compression);
  EXPECT_EQ(config->timeouts.connect, Duration{7000});
  EXPECT_EQ(config->admin.api_key, "12345678");
  EXPECT_EQ(config->intercept, Switch::automatic);
}

TEST(ConfigEnvironment, AListIsSeparatedByCommas) {
  Machine machine;
  machine.with("CACHEARR__ACCESS__CLIENTS", "10.0.0.0/8, ::1/128").with("CACHEARR__ACCESS__CONNECT_PORTS", "443,8443");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_THAT(config->access.clients, ElementsAre("10.0.0.0/8", "::1/128"));
  EXPECT_THAT(config->access.connect_ports, ElementsAre(443, 8443));
}

TEST(ConfigEnvironment, AListMayBeJson) {
  Machine machine;
  machine.with("CACHEARR__ADMIN__HOSTS", R"(["a.lan", "b.lan"])");
  EXPECT_THAT(machine.load()->admin.hosts, ElementsAre("a.lan", "b.lan"));
}

TEST(ConfigEnvironment, ListenersMayBeAddressesOnly) {
  Machine machine;
  machine.with("CACHEARR__LISTENERS", "127.0.0.1:1,[::1]:2");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  ASSERT_EQ(config->listeners.size(), 2u);
  EXPECT_EQ(config->listeners[1].address, "[::1]:2");
}

TEST(ConfigEnvironment, ListenersMayBeGivenMemberByMember) {
  Machine machine;
  machine.with("CACHEARR__LISTENERS__0__ADDRESS", "0.0.0.0:9797")
      .with("CACHEARR__LISTENERS__1__ADDRESS", "0.0.0.0:9443")
      .with("CACHEARR__LISTENERS__1__TLS", "true");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  ASSERT_EQ(config->listeners.size(), 2u);
  EXPECT_EQ(config->listeners[0].address, "0.0.0.0:9797");
  EXPECT_TRUE(config->listeners[1].tls);
}

TEST(ConfigEnvironment, TheEleventhListenerComesBehindTheTenth) {
  Machine machine;
  for (int i = 0; i < 12; ++i)
    machine.with("CACHEARR__LISTENERS__" + std::to_string(i) + "__ADDRESS", "127.0.0.1:" + std::to_string(100 + i));
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  ASSERT_EQ(config->listeners.size(), 12u);
  EXPECT_EQ(config->listeners[11].address, "127.0.0.1:111");
}

TEST(ConfigEnvironment, ChannelsMayBeGivenMemberByMember) {
  Machine machine;
  machine.with("CACHEARR__NOTIFICATIONS__0__TYPE", "gotify")
      .with("CACHEARR__NOTIFICATIONS__0__NAME", "phone")
      .with("CACHEARR__NOTIFICATIONS__0__URL", "http://gotify.test")
      .with("CACHEARR__NOTIFICATIONS__0__TOKEN__FILE", machine.write("token", "abc\n"))
      .with("CACHEARR__NOTIFICATIONS__0__EVENTS", "upstream-down,disk-full");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  ASSERT_EQ(config->notifications.size(), 1u);
  EXPECT_EQ(config->notifications[0].token, "abc");
  EXPECT_EQ(config->notifications[0].events, (std::vector<std::string>{"upstream-down", "disk-full"}));
}

TEST(ConfigEnvironment, AVariableMayGiveAChannelOfTheFileItsSecret) {
  Machine machine;
  machine.with_file(R"({"notifications": [{"name": "phone", "type": "gotify", "url": "http://gotify.test"}]})");
  EXPECT_THAT(machine.errors(), HasSubstr("token"));
  machine.with("CACHEARR__NOTIFICATIONS__0__TOKEN", "abc");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->notifications.at(0).token, "abc");
}

TEST(ConfigEnvironment, AVariableMayCompleteAListThatAnotherGives) {
  Machine machine;
  const std::string list = R"([{"name": "phone", "type": "gotify", "url": "http://gotify.test"}])";
  machine.with("CACHEARR__NOTIFICATIONS__FILE", machine.write("list", list));
  EXPECT_THAT(machine.errors(), AllOf(HasSubstr("CACHEARR__NOTIFICATIONS__FILE"), HasSubstr("token")));
  machine.with("CACHEARR__NOTIFICATIONS__0__TOKEN", "abc");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->notifications.at(0).token, "abc");
}

TEST(ConfigEnvironment, AListThatIsNoneIsToldWhateverElseIsSet) {
  Machine machine;
  machine.with_file(R"({"notifications": [{"name": "phone", "type": "gotify", "url": "http://gotify.test"}]})");
  machine.with("CACHEARR__NOTIFICATIONS", R"([{"name": "x")").with("CACHEARR__NOTIFICATIONS__0__TOKEN", "abc");
  EXPECT_THAT(machine.errors(), HasSubstr("must be a JSON list"));
}

TEST(ConfigEnvironment, APathOfAMemberThatIsEmptyStaysEmpty) {
  Machine machine;
  machine.with_file(
      R"({"notifications": [{"name": "phone", "type": "gotify", "url": "http://gotify.test", "token": "abc"}]})");
  machine.with("CACHEARR__NOTIFICATIONS__0__TOKEN_FILE", "");
  EXPECT_THAT(machine.errors(), Not(HasSubstr(std::filesystem::current_path().string())));
}

TEST(ConfigEnvironment, AFolderInsteadOfASecretsFileIsAProblem) {
  Machine machine;
  machine.with("CACHEARR__ADMIN__API_KEY__FILE", machine.path("."));
  EXPECT_THAT(machine.errors(), HasSubstr("cannot be read"));
}

TEST(ConfigEnvironment, APlanMayBeChangedMemberByMemberWithoutGaps) {
  Machine machine;
  machine.with_file(R"({"cache": {"prefetch": [{"trigger": "schedule", "patterns": ["*"], "interval": "1h"}]}})");
  machine.with("CACHEARR__CACHE__PREFETCH__0__INTERVAL", "7m");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->cache.prefetch.at(0).interval, std::chrono::minutes{7});
  machine.with("CACHEARR__CACHE__PREFETCH__2__INTERVAL", "7m");
  EXPECT_THAT(machine.errors(), HasSubstr("count from 0 without gaps"));
}

TEST(ConfigEnvironment, ASecretMayStandInAFile) {
  Machine machine;
  machine.with("CACHEARR__ADMIN__API_KEY__FILE", machine.write("secret", "abcdefgh\n"));
  EXPECT_EQ(machine.load()->admin.api_key, "abcdefgh");
}

TEST(ConfigEnvironment, AMissingSecretFileIsAProblem) {
  Machine machine;
  machine.with("CACHEARR__ADMIN__API_KEY__FILE", machine.path("none"));
  EXPECT_EQ(machine.errors(), "CACHEARR__ADMIN__API_KEY__FILE: the file \"none\" cannot be read\n");
}

TEST(ConfigEnvironment, AValueAndItsFileAtOnceAreAProblem) {
  Machine machine;
  machine.with("CACHEARR__THREADS", "1").with("CACHEARR__THREADS__FILE", machine.write("n", "2"));
  EXPECT_THAT(machine.errors(), HasSubstr("CACHEARR__THREADS is set as well"));
}

TEST(ConfigEnvironment, AnUnknownNameIsAProblem) {
  Machine machine;
  machine.with("CACHEARR__MEMORY__MAXBYTES", "1GiB");
  EXPECT_EQ(machine.errors(),
            "CACHEARR__MEMORY__MAXBYTES: no such setting, did you mean 'CACHEARR__MEMORY__MAX_BYTES'?\n");
}

TEST(ConfigEnvironment, AWrongValueNamesTheVariable) {
  Machine machine;
  machine.with("CACHEARR__THREADS", "many");
  EXPECT_EQ(machine.errors(), "CACHEARR__THREADS: must be a whole number from 0 to 1024, not \"many\"\n");
}

TEST(ConfigEnvironment, OtherProgramsVariablesAreLeftAlone) {
  Machine machine;
  machine.with("CACHEARR_SERVICE_PORT", "tcp://10.0.0.1:80").with("CACHE_TTL", "x");
  EXPECT_TRUE(machine.load()) << machine.errors();
}

TEST(ConfigEnvironment, ATtlOfATypeCountsSeconds) {
  Machine machine;
  machine.with("CACHE_TTL_SERIES", "60").with("CACHE_TTL_METADATA", "7200");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->ttl_overrides.at("series"), Duration{60'000});
  EXPECT_EQ(config->ttl_overrides.at("metadata_series"), Duration{7'200'000});
  EXPECT_EQ(config->ttl_overrides.at("metadata_episode"), Duration{7'200'000});
  EXPECT_EQ(config->ttl_overrides.size(), 3u);
}

TEST(ConfigEnvironment, ABrokenTtlIsReportedOnce) {
  Machine machine;
  machine.with("CACHE_TTL_METADATA", "soon");
  EXPECT_THAT(machine.errors(), HasSubstr("CACHE_TTL_METADATA: must be a duration"));
  EXPECT_EQ(machine.problems().size(), 1u);
}

TEST(ConfigEnvironment, ThePrefetchIntervalBroughtAlongCountsMinutes) {
  Machine machine;
  machine.with("CACHE_PREFETCH_INTERVAL", "15");
  EXPECT_EQ(machine.load()->cache.prefetch_interval, Duration{15 * 60'000});
}

TEST(ConfigEnvironment, OurOwnNameGoesBeforeOneBroughtAlong) {
  Machine machine;
  machine.with("CACHE_MAX_KEYS", "1").with("CACHEARR__CACHE__MAX_KEYS", "2");
  EXPECT_EQ(machine.load()->cache.max_keys, 2u);
}

TEST(ConfigEnvironment, ARedisPasswordAndDatabaseCompleteItsUrl) {
  Machine machine;
  machine.with("REDIS_URL", "redis://cache:6379").with("REDIS_PASSWORD", "p@ss").with("REDIS_DB", "3");
  EXPECT_EQ(machine.load()->shared.redis_url, "redis://:p%40ss@cache:6379/3");
}

TEST(ConfigEnvironment, WhatTheRedisUrlSaysItselfStays) {
  Machine machine;
  machine.with("REDIS_URL", "redis://:own@cache:6379/1").with("REDIS_PASSWORD", "other").with("REDIS_DB", "3");
  EXPECT_EQ(machine.load()->shared.redis_url, "redis://:own@cache:6379/1");
}

TEST(ConfigEnvironment, ForeignRedisVariablesFindTheirPlaceInEveryFormOfTheUrl) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"redis://cache?master=m", "redis://:pw@cache/2?master=m"},
      {"redis://alice@cache/", "redis://alice:pw@cache/2"},
      {"rediss://alice:own@cache/7?master=m", "rediss://alice:own@cache/7?master=m"},
      {"unix:///run/redis.sock", "unix://:pw@/run/redis.sock?db=2"},
      {"unix:///run/redis.sock?db=7", "unix://:pw@/run/redis.sock?db=7"}};
  for (const auto& [given, completed] : cases) {
    Machine machine;
    machine.with("REDIS_URL", given).with("REDIS_PASSWORD", "pw").with("REDIS_DB", "2");
    const auto config = machine.load();
    ASSERT_TRUE(config) << machine.errors();
    EXPECT_EQ(config->shared.redis_url, completed);
  }
}

TEST(ConfigEnvironment, AnInvalidationCanBeSwitchedOff) {
  Machine machine;
  machine.with("AUTO_INVALIDATE_ON_SERIES_UPDATE", "false");
  EXPECT_FALSE(machine.load()->auto_invalidate.at("series_update"));
}

TEST(ConfigFlags, ListenReplacesTheListeners) {
  Machine machine;
  machine.with_file(R"({"listeners": [{"address": "127.0.0.1:1"}, {"address": "127.0.0.1:2"}]})");
  machine.sources().listen = {"127.0.0.1:0"};
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  ASSERT_EQ(config->listeners.size(), 1u);
  EXPECT_EQ(config->listeners[0].address, "127.0.0.1:0");
}

TEST(ConfigFlags, ResolveTakesThePortOfTheHostUnlessItNamesAnother) {
  Machine machine;
  machine.sources().resolve = {"Api.Example.org:443:127.0.0.1:8443", "a.test:80:::1", "b.test:80:[::1]:81",
                               "c.test:80:10.0.0.1"};
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->resolve.at("api.example.org:443"), "127.0.0.1:8443");
  EXPECT_EQ(config->resolve.at("a.test:80"), "[::1]:80");
  EXPECT_EQ(config->resolve.at("b.test:80"), "[::1]:81");
  EXPECT_EQ(config->resolve.at("c.test:80"), "10.0.0.1:80");
}

TEST(ConfigFlags, AResolveWithoutAnAddressIsAProblem) {
  Machine machine;
  machine.sources().resolve = {"a.test:80", "a.test:80:elsewhere", "a.test:x:1.2.3.4"};
  machine.load();
  EXPECT_EQ(machine.problems().size(), 3u);
}

}  // namespace
}  // namespace cachearr::app
