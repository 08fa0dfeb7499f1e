#include "app/config/load_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config/settings.hpp"
#include "unit/app/config/config_test_support.hpp"

namespace cachearr::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ConfigFile, WithoutAnyFileTheDefaultsHold) {
  Machine machine;
  const auto config = machine.load();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->file, "");
  EXPECT_EQ(config->listeners.at(0).address, "127.0.0.1:9797");
  EXPECT_EQ(config->state_dir, machine.path("home/.local/state/cachearr"));
  EXPECT_EQ(config->disk_path, machine.path("home/.local/state/cachearr/store"));
  EXPECT_EQ(config->ca_dir, machine.path("home/.local/state/cachearr/ca"));
  EXPECT_TRUE(config->rules.empty());
}

TEST(ConfigFile, TheDefaultFileIsReadWhereItExists) {
  Machine machine;
  machine.write("etc.json", R"({"threads": 3})");
  const auto config = machine.load();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->threads, 3u);
  EXPECT_EQ(config->file, machine.path("etc.json"));
}

TEST(ConfigFile, ANamedFileThatIsMissingIsAProblem) {
  Machine machine;
  machine.sources().file = machine.path("none.json");
  EXPECT_THAT(machine.errors(), StartsWith("none.json: cannot be read: No such file"));
}

TEST(ConfigFile, ThePageMayBeSetUpInAFewWords) {
  Machine machine;
  machine.with_file(R"({"admin": { "url_base": "", "frame_ancestors": "self", "login": "required" }})");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->admin.url_base, "");
  EXPECT_THAT(config->admin.frame_ancestors, ElementsAre("'self'"));
  EXPECT_EQ(config->admin.login, LoginOf::everybody);
  machine.with_file(R"({"admin": { "frame_ancestors": ["self", "https://home.example"], "login": "local" }})");
  const auto other = machine.load();
  ASSERT_TRUE(other) << machine.errors();
  EXPECT_THAT(other->admin.frame_ancestors, ElementsAre("'self'", "https://home.example"));
  EXPECT_EQ(other->admin.login, LoginOf::strangers);
  machine.with_file(R"({"admin": { "frame_ancestors": "*", "login": "never" }})");
  EXPECT_THAT(machine.errors(), testing::AllOf(HasSubstr("frame_ancestors"), HasSubstr("admin.login")));
}

TEST(ConfigFile, EverySettingOfTheContractIsTaken) {
  Machine machine;
  machine.write("rules.d/a.json", "{}");
  machine.write("password", "x");
  machine.with_file(R"({
    "listeners": [{ "address": "127.0.0.1:9797" },
                  { "address": "[::1]:8990", "upstream": "sonarr" },
                  { "address": "localhost:9443", "tls": true, "http2": false }],
    "admin": { "address": null, "api_key": "0123456789abcdef", "hosts": ["cache.lan"], "open_metrics": false },
    "state_dir": "state", "threads": 2,
    "memory": { "max_bytes": "128MiB" },
    "disk": { "path": "cold", "max_bytes": 1073741824 },
    "rules": ["rules.d"],
    "intercept": { "enabled": false, "ca_dir": "/var/ca" },
    "access": { "clients": ["10.1.0.0/16", "::1"], "basic_auth": { "user": "me", "password_file": "password" },
                "connect_ports": [443], "unknown_hosts": "deny", "private_upstreams": "allow" },
    "timeouts": { "client_header": "1500ms", "client_idle": 90, "connect": "2s", "upstream_header": "1m",
                  "upstream_idle": 2.5, "shutdown_grace": "0s" },
    "limits": { "max_header_bytes": "8KiB", "max_object_bytes": "1GB", "max_connections": 5 },
    "log": { "level": "debug", "format": "json" },
    "cache": { "compression": true, "warmup_on_startup": true, "prefetch_on_access": false, "prefetch_interval": "1h",
               "alert_hit_rate_below": 10, "alert_key_hit_rate_below": 20, "max_keys": 30, "optimizer": "suggest" },
    "shared": { "redis_url": "redis://cache:6379/1" }
  })");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->listeners.at(1).address, "[::1]:8990");
  EXPECT_EQ(config->listeners.at(1).upstream, "sonarr");
  EXPECT_EQ(config->listeners.at(2).address, "127.0.0.1:9443");
  EXPECT_TRUE(config->listeners.at(2).tls);
  EXPECT_TRUE(config->listeners.at(1).http2);
  EXPECT_FALSE(config->listeners.at(2).http2);
  EXPECT_EQ(config->admin.address, "");
  EXPECT_EQ(config->admin.api_key, "0123456789abcdef");
  EXPECT_THAT(config->admin.hosts, ElementsAre("cache.lan"));
  EXPECT_FALSE(config->admin.open_metrics);
  EXPECT_EQ(config->state_dir, machine.path("state"));
  EXPECT_EQ(config->memory_max_bytes, 128u * 1024 * 1024);
  EXPECT_EQ(config->disk_path, machine.path("state/cold"));
  EXPECT_EQ(config->disk_max_bytes, 1073741824u);
  EXPECT_THAT(config->rules, ElementsAre(machine.path("rules.d")));
  EXPECT_EQ(config->intercept, Switch::off);
  EXPECT_EQ(config->ca_dir, "/var/ca");
  EXPECT_THAT(config->access.clients, ElementsAre("10.1.0.0/16", "::1/128"));
  EXPECT_EQ(config->access.basic_user, "me");
  EXPECT_EQ(config->access.basic_password_file, machine.path("password"));
  EXPECT_THAT(config->access.connect_ports, ElementsAre(443));
  EXPECT_FALSE(config->access.allow_unknown_hosts);
  EXPECT_EQ(config->access.private_upstreams, PrivateUpstreams::allow);
  EXPECT_EQ(config->timeouts.client_header, Duration{1500});
  EXPECT_EQ(config->timeouts.client_idle, Duration{90'000});
  EXPECT_EQ(config->timeouts.upstream_idle, Duration{2500});
  EXPECT_EQ(config->timeouts.shutdown_grace, Duration{0});
  EXPECT_EQ(config->limits.max_object_bytes, 1'000'000'000u);
  EXPECT_EQ(config->limits.max_connections, 5u);
  EXPECT_EQ(config->log.level, "debug");
  EXPECT_TRUE(config->log.json);
  EXPECT_TRUE(config->cache.compression);
  EXPECT_EQ(config->cache.max_keys, 30u);
  EXPECT_EQ(config->cache.optimizer, OptimizerMode::suggest);
  EXPECT_EQ(config->shared.redis_url, "redis://cache:6379/1");
}

TEST(ConfigFile, CommentsAreTaken) {
  Machine machine;
  machine.with_file("// one\n{ /* two */ \"threads\": 1 // three\n}");
  EXPECT_TRUE(machine.load()) << machine.errors();
}

TEST(ConfigFile, FiveMistakesNameFivePlaces) {
  Machine machine;
  machine.with_file(
      "{\n"
      "  \"threds\": 1,\n"
      "  \"memory\": { \"max_bytes\": \"lots\" },\n"
      "  \"log\": { \"level\": \"loud\" },\n"
      "  \"access\": { \"connect_ports\": [443, 70000] },\n"
      "  \"timeouts\": { \"connect\": true }\n"
      "}\n");
  EXPECT_EQ(
      machine.errors(),
      "cachearr.json:2:3: unknown setting \"threds\", did you mean 'threads'?\n"
      "cachearr.json:3:28: \"memory.max_bytes\" must be a size such as \"256MiB\", \"4GB\" or a number of bytes, "
      "not \"lots\"\n"
      "cachearr.json:4:21: \"log.level\" must be \"trace\", \"debug\", \"info\", \"warning\", \"error\" or \"off\", "
      "not \"loud\"\n"
      "cachearr.json:5:38: \"access.connect_ports[1]\" must be from 1 to 65535, not 70000\n"
      "cachearr.json:6:28: \"timeouts.connect\" must be a duration such as \"1500ms\", \"10s\", \"15m\", \"24h\", "
      "\"7d\" or seconds, not true\n");
}

TEST(ConfigFile, AMistakeLeavesNoConfiguration) {
  Machine machine;
  machine.with_file(R"({"threads": -1})");
  EXPECT_FALSE(machine.load());
}

TEST(ConfigFile, ASettingInTheWrongSectionIsPointedToItsOwn) {
  Machine machine;
  machine.with_file(R"({"max_connections": 5})");
  EXPECT_THAT(machine.errors(), HasSubstr("did you mean 'limits.max_connections'?"));
}

TEST(ConfigFile, AnUnknownSettingListsWhatIsKnownThere) {
  Machine machine;
  machine.with_file(R"({"log": {"colour": true}})");
  EXPECT_EQ(machine.errors(),
            "cachearr.json:1:10: unknown setting \"colour\" in \"log\" (known here: level, format)\n");
}

TEST(ConfigFile, ASectionMustBeAnObject) {
  Machine machine;
  machine.with_file(R"({"log": "debug"})");
  EXPECT_EQ(machine.errors(), "cachearr.json:1:9: \"log\" must be an object in { }, not text\n");
}

TEST(ConfigFile, AMistakeInAListenerNamesItsMember) {
  Machine machine;
  machine.with_file(R"({"listeners": [{"address": "here:80"}, {"adress": "127.0.0.1:1", "tls": "yes"}]})");
  const auto errors = machine.errors();
  EXPECT_THAT(errors, HasSubstr("cachearr.json:1:28: \"listeners[0].address\" must be ADDRESS:PORT"));
  EXPECT_THAT(errors, HasSubstr("1:40: \"listeners[1]\" needs an \"address\""));
  EXPECT_THAT(errors, HasSubstr("1:41: unknown setting \"adress\", did you mean 'address'?"));
  EXPECT_THAT(errors, HasSubstr("\"listeners[1].tls\" must be true or false, not text"));
}

TEST(ConfigFile, TwoListenersCannotShareAnAddress) {
  Machine machine;
  machine.with_file(R"({"listeners": [{"address": "127.0.0.1:80"}, {"address": "localhost:80"}]})");
  EXPECT_THAT(machine.errors(), HasSubstr("cachearr.json:1:15: two listeners have the address 127.0.0.1:80"));
}

TEST(ConfigFile, TheAdminAddressCannotBeAListenersAsWell) {
  Machine machine;
  machine.with_file(R"({"admin": {"address": "127.0.0.1:9797"}})");
  EXPECT_THAT(machine.errors(), HasSubstr("\"admin.address\" is a listener's as well"));
}

TEST(ConfigFile, AUserNeedsAPassword) {
  Machine machine;
  machine.with_file(R"({"access": {"basic_auth": {"user": "me"}}})");
  EXPECT_THAT(machine.errors(), HasSubstr("1:36: \"access.basic_auth\" needs a \"password_file\" as well"));
}

TEST(ConfigFile, AClientsKeyNeedsItsCertificate) {
  Machine machine;
  machine.with_file(R"({"shared": {"key_file": "redis.key"}})");
  EXPECT_THAT(machine.errors(), HasSubstr("1:25: \"shared.key_file\" needs a \"certificate_file\" as well"));
  machine.with_file(R"({"shared": {"key_file": "redis.key", "certificate_file": "redis.crt"}})");
  EXPECT_TRUE(machine.load()) << machine.errors();
}

TEST(ConfigFile, AnEmptyObjectIsNoAuthenticationThatSomebodyMeant) {
  Machine machine;
  machine.with_file(R"({"access": {"basic_auth": {}}})");
  EXPECT_THAT(machine.errors(), HasSubstr("1:27: \"access.basic_auth\" needs"));
}

TEST(ConfigFile, ARedisThatCannotBeIsNamedWhereItStands) {
  for (const auto* const url : {"redis://x:99999/0", "redis://x:abc/0", "redis://x/abc", "unix://"}) {
    Machine machine;
    machine.with_file(R"({"shared": {"redis_url": ")" + std::string{url} + R"("}})");
    EXPECT_THAT(machine.errors(), HasSubstr("cachearr.json:1:26: ")) << url;
  }
}

TEST(ConfigFile, OnlyTheDefaultFolderOfRulesMayBeMissing) {
  Machine machine;
  machine.with_file(R"({"rules": ["elsewhere/rules.d"]})");
  EXPECT_THAT(machine.errors(), HasSubstr("does not exist"));
}

TEST(ConfigFile, AFileThatCannotBeReadSaysNotWhereTheInstanceIs) {
  Machine machine;
  Problems ignored;
  machine.with_file("{ broken");
  EXPECT_FALSE(read_config(machine.sources(), ignored).state_dir_is_known);
  machine.with_file(R"({"threads": "many"})");
  EXPECT_TRUE(read_config(machine.sources(), ignored).state_dir_is_known) << "a mistake elsewhere hides nothing";
  machine.with_file(R"({"state_dir": 5})");
  EXPECT_FALSE(read_config(machine.sources(), ignored).state_dir_is_known);
}

TEST(ConfigFile, AnExplicitNullMeansNoAuthentication) {
  Machine machine;
  machine.with_file(R"({"access": {"basic_auth": null}})");
  EXPECT_TRUE(machine.load()) << machine.errors();
}

TEST(ConfigFile, ANullDiskPathTurnsTheDiskTierOff) {
  Machine machine;
  machine.with_file(R"({"disk": {"path": null}})");
  const auto config = machine.load();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->disk_path, "");
}

TEST(ConfigFile, RulesStandBesideTheFileByDefault) {
  Machine machine;
  machine.write("rules.d/a.json", "{}");
  machine.with_file("{}");
  const auto config = machine.load();
  ASSERT_TRUE(config);
  EXPECT_THAT(config->rules, ElementsAre(machine.path("rules.d")));
}

TEST(ConfigFile, AnAbsentDefaultFolderOfRulesIsNoProblem) {
  Machine machine;
  machine.with_file(R"({"rules": ["rules.d"]})");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_TRUE(config->rules.empty());
}

TEST(ConfigFile, RulesThatSomebodyNamedMustExist) {
  Machine machine;
  machine.with_file(R"({"rules": ["mine.json"]})");
  EXPECT_EQ(machine.errors(), "cachearr.json:1:11: \"rules\" names \"mine.json\", which does not exist\n");
}

TEST(ConfigFile, SystemdsStateDirectoryGoesBeforeTheHomeFolder) {
  Machine machine;
  machine.with("STATE_DIRECTORY", "/var/lib/cachearr:/var/lib/other").with("XDG_STATE_HOME", "/xdg");
  EXPECT_EQ(machine.load()->state_dir, "/var/lib/cachearr");
}

TEST(ConfigFile, TheXdgStateFolderGoesBeforeTheHomeFolder) {
  Machine machine;
  machine.with("XDG_STATE_HOME", "/xdg");
  EXPECT_EQ(machine.load()->state_dir, "/xdg/cachearr");
}

TEST(ConfigFile, ARelativeXdgStateFolderIsIgnored) {
  Machine machine;
  machine.with("XDG_STATE_HOME", "xdg");
  EXPECT_EQ(machine.load()->state_dir, machine.path("home/.local/state/cachearr"));
}

struct BrokenFile {
  const char* name;
  std::string text;
  const char* error;
};
class BrokenFiles : public testing::TestWithParam<BrokenFile> {};

TEST_P(BrokenFiles, AreRefusedWithOneClearProblem) {
  Machine machine;
  machine.with_file(GetParam().text);
  EXPECT_THAT(machine.errors(), HasSubstr(GetParam().error));
  EXPECT_EQ(machine.problems().size(), 1u);
  EXPECT_FALSE(machine.load());
}

INSTANTIATE_TEST_SUITE_P(
    Config, BrokenFiles,
    testing::Values(BrokenFile{"Empty", "", "cachearr.json:1:1: "},
                    BrokenFile{"HalfWritten", "{\n  \"log\": {", "cachearr.json:2:10: "},
                    BrokenFile{"TrailingComma", "{\n  \"threads\": 1,\n}", "cachearr.json:2:15: "},
                    BrokenFile{"GivenTwice", "{\"threads\": 1,\n \"threads\": 2}", "cachearr.json:2:2: "},
                    BrokenFile{"Nul", std::string{"{\n\"log\0\": 1}", 12}, "cachearr.json:2:1: this line is not UTF-8"},
                    BrokenFile{"Latin1", "{\n// caf\xe9\n}", "cachearr.json:2:1: this line is not UTF-8"},
                    BrokenFile{"List", "[]", "cachearr.json:1:1: the configuration must be an object"},
                    BrokenFile{"Large", std::string(2'000'000, ' '), "cachearr.json: is larger than 1 MiB"}),
    [](const auto& tested) { return std::string{tested.param.name}; });

TEST(ConfigFile, AFolderIsNoFile) {
  Machine machine;
  machine.sources().file = machine.path("");
  EXPECT_THAT(machine.errors(), HasSubstr("is a folder"));
}

TEST(Settings, EachHasAPathOfItsOwn) {
  std::vector<std::string> paths;
  for (const auto& setting : settings()) paths.push_back(setting.path);
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(std::unique(paths.begin(), paths.end()), paths.end());
}

}  // namespace
}  // namespace cachearr::app
