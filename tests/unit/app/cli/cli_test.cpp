#include "app/cli/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/exit_code.hpp"
#include "unit/app/cli/fake_instance.hpp"
#include "unit/app/config/config_test_support.hpp"

namespace cachearr::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A shell in which a test types one command.
class Terminal {
 public:
  int type(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "cachearr");
    CliEnv env{environment, out_, err_, [this](const ServeOptions& options) {
                 served = options;
                 return exit_ok;
               }};
    return run_command_line(static_cast<int>(arguments.size()), arguments.data(), env);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  std::map<std::string, std::string> environment;
  std::optional<ServeOptions> served;

 private:
  std::ostringstream out_, err_;
};

std::string json_answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Some\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

/// A terminal whose commands find the fake instance.
Terminal beside(const FakeInstance& instance) {
  Terminal terminal;
  terminal.environment["CACHEARR__STATE_DIR"] = instance.state_dir();
  return terminal;
}

TEST(CommandLine, WithoutACommandItServes) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"--config", "a.json", "--listen", "127.0.0.1:0"}), exit_ok);
  ASSERT_TRUE(terminal.served);
  EXPECT_EQ(terminal.served->sources.file, "a.json");
  EXPECT_THAT(terminal.served->sources.listen, ElementsAre("127.0.0.1:0"));
}

TEST(CommandLine, ServeTakesItsOptionsBehindIt) {
  Terminal terminal;
  terminal.environment["HOME"] = "/home/me";
  EXPECT_EQ(terminal.type({"serve", "--config", "a.json", "--resolve", "a:1:1.2.3.4", "--resolve", "b:2:1.2.3.4",
                           "--log-level", "debug"}),
            exit_ok);
  ASSERT_TRUE(terminal.served);
  EXPECT_EQ(terminal.served->sources.file, "a.json");
  EXPECT_EQ(terminal.served->sources.log_level, "debug");
  EXPECT_THAT(terminal.served->sources.resolve, ElementsAre("a:1:1.2.3.4", "b:2:1.2.3.4"));
  EXPECT_EQ(terminal.served->sources.environment.at("HOME"), "/home/me");
}

TEST(CommandLine, AConfigurationThatCannotBeReadIsNoReasonToAskAnotherInstance) {
  FakeInstance instance{json_answer(200, R"({"purged": 1})")};
  Terminal terminal;
  terminal.environment["STATE_DIRECTORY"] = instance.state_dir();
  EXPECT_EQ(terminal.type({"purge", "--all", "--config", "/nowhere/cachearr.json"}), exit_configuration);
  EXPECT_THAT(terminal.err(), HasSubstr("/nowhere/cachearr.json: cannot be read"));
  EXPECT_EQ(instance.request(), "");
}

TEST(CommandLine, NumbersAreAboveZero) {
  Terminal terminal;
  for (const auto* const number : {"0", "-1", "many"})
    EXPECT_EQ(terminal.type({"keys", "--limit", number}), exit_usage) << number;
}

TEST(CommandLine, WrongUsageIsExitCode2) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"--frobnicate"}), exit_usage);
  EXPECT_EQ(terminal.type({"explain"}), exit_usage);
  EXPECT_EQ(terminal.type({"fly"}), exit_usage);
  EXPECT_FALSE(terminal.served);
}

TEST(CommandLine, HelpNamesTheCommandsAndExitCodes) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"--help"}), exit_ok);
  for (const auto* name : {"serve", "check", "explain", "reload", "healthcheck", "78"}) {
    EXPECT_THAT(terminal.out(), HasSubstr(name));
  }
}

TEST(CommandLine, EveryCommandHasHelpOfItsOwn) {
  for (const auto* name : {"serve", "check", "explain", "reload", "healthcheck"}) {
    Terminal terminal;
    EXPECT_EQ(terminal.type({name, "--help"}), exit_ok);
    EXPECT_THAT(terminal.out(), HasSubstr("--config"));
  }
}

TEST(CommandLine, VersionNamesTheLibraries) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"--version"}), exit_ok);
  EXPECT_THAT(terminal.out(), StartsWith("cachearr "));
  EXPECT_THAT(terminal.out(), HasSubstr("OpenSSL 3"));
}

TEST(Check, NamesEveryProblemOfConfigurationAndRules) {
  Machine machine;
  machine.write("rules.d/a.json", "{\n  \"rulez\": []\n}");
  const auto file = machine.write("cachearr.json", "{\n  \"threads\": -1\n}");
  Terminal terminal;
  terminal.environment = machine.sources().environment;
  EXPECT_EQ(terminal.type({"check", "--config", file.c_str()}), exit_configuration);
  EXPECT_THAT(terminal.out(), HasSubstr("cachearr.json:2:14: "));
  EXPECT_THAT(terminal.out(), HasSubstr("rules.d/a.json:2:3: "));
}

TEST(Check, IsContentWithTheDefaults) {
  Machine machine;
  Terminal terminal;
  terminal.environment = machine.sources().environment;
  const auto file = machine.write("cachearr.json", "{}");
  EXPECT_EQ(terminal.type({"check", "-c", file.c_str()}), exit_ok) << terminal.out();
  EXPECT_THAT(terminal.out(), HasSubstr("fine"));
}

TEST(Check, PrintsProblemsAsJson) {
  Machine machine;
  const auto file = machine.write("cachearr.json", R"({"thread": 1})");
  Terminal terminal;
  terminal.environment = machine.sources().environment;
  EXPECT_EQ(terminal.type({"check", "--json", "-c", file.c_str()}), exit_configuration);
  EXPECT_THAT(terminal.out(), HasSubstr("\"ok\": false"));
  EXPECT_THAT(terminal.out(), HasSubstr("\"column\": 2"));
}

TEST(Check, AListenerMustNameAnUpstreamOfTheRules) {
  Machine machine;
  const auto file =
      machine.write("cachearr.json", R"({"listeners": [{"address": "127.0.0.1:1", "upstream": "nowhere"}]})");
  Terminal terminal;
  terminal.environment = machine.sources().environment;
  EXPECT_EQ(terminal.type({"check", "-c", file.c_str()}), exit_configuration);
  EXPECT_THAT(terminal.out(), HasSubstr("cachearr.json:1:55: the listener 127.0.0.1:1 names the upstream \"nowhere\""));
}

TEST(Explain, AsksWithUrlMethodAndHeaders) {
  FakeInstance instance{json_answer(200, R"({"rule": "tmdb-tv", "ttl": {"seconds": 5}})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"explain", "http://a/b?c=d", "--method", "HEAD", "-H", "A: b", "-H", "C: d"}), exit_ok);
  EXPECT_THAT(
      instance.request(),
      StartsWith("GET /api/v1/explain?url=http%3A%2F%2Fa%2Fb%3Fc%3Dd&method=HEAD&header=A%3A%20b&header=C%3A%20d "));
  EXPECT_EQ(terminal.out(), "rule  tmdb-tv\nttl\n  seconds  5\n");
}

TEST(Explain, ShowsWhyTheInstanceRefused) {
  FakeInstance instance{json_answer(400, R"({"detail": "the URL has no host"})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"explain", "/x"}), exit_no);
  EXPECT_EQ(terminal.err(), "cachearr: the URL has no host\n");
}

TEST(Explain, WithoutAnInstanceItSaysSo) {
  Machine machine;
  Terminal terminal;
  terminal.environment["CACHEARR__STATE_DIR"] = machine.path("state");
  EXPECT_EQ(terminal.type({"explain", "http://a/"}), exit_no);
  EXPECT_THAT(terminal.err(), HasSubstr("no instance is running"));
}

TEST(Reload, PrintsWhatChanged) {
  FakeInstance instance{json_answer(200, R"({"changes": ["the log level is debug", "one rule more"]})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"reload"}), exit_ok);
  EXPECT_EQ(terminal.out(), "the log level is debug\none rule more\n");
}

TEST(Reload, SaysWhereNothingChanged) {
  FakeInstance instance{json_answer(200, R"({"changes": []})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"reload"}), exit_ok);
  EXPECT_EQ(terminal.out(), "read again; nothing is different\n");
}

TEST(Reload, ShowsTheProblemsOfRefusedFiles) {
  FakeInstance instance{
      json_answer(422, R"({"problems": [{"file": "a.json", "line": 2, "column": 3, "message": "bad"}]})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"reload"}), exit_configuration);
  EXPECT_THAT(terminal.err(), StartsWith("a.json:2:3: bad\n"));
}

TEST(Healthcheck, IsContentWithADegradedInstance) {
  FakeInstance instance{json_answer(200, R"({"data": {"status": "degraded", "message": "memory is 80 % full"}})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"healthcheck"}), exit_ok);
  EXPECT_EQ(terminal.out(), "degraded: memory is 80 % full\n");
}

TEST(Healthcheck, FailsWhereTheInstanceIsDown) {
  FakeInstance instance{json_answer(503, R"({"data": {"status": "down", "message": "draining"}})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"healthcheck"}), exit_no);
  EXPECT_EQ(terminal.err(), "cachearr: down: draining\n");
}

constexpr const char* two_upstreams = R"({"upstreams": [
  {"name": "tmdb", "mode": "live", "paused": false, "tokens": 12, "waiting": 0, "cooldownUntil": null,
   "quota": [{"per": "day", "limit": 500, "remaining": 480}], "breaker": {"state": "closed"}, "pool": {"idle": 3}},
  {"name": "indexer", "mode": "live", "paused": true, "tokens": null, "waiting": 2, "quota": [],
   "cooldownUntil": "2026-01-01T00:00:00Z", "breaker": {"state": "open"}, "pool": {"idle": 0}}]})";

TEST(Upstreams, AreATableWithAlignedColumns) {
  FakeInstance instance{json_answer(200, two_upstreams)};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"upstreams"}), exit_ok);
  EXPECT_EQ(terminal.out(),
            "NAME     MODE    TOKENS  WAITING  QUOTA LEFT     PAUSE UNTIL           BREAKER  IDLE\n"
            "tmdb     live    12      0        480/500 a day  -                     closed   3\n"
            "indexer  paused  -       2        -              2026-01-01T00:00:00Z  open     0\n");
}

TEST(Upstreams, AreToldWholeByTheirName) {
  FakeInstance instance{json_answer(200, two_upstreams)};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"upstreams", "indexer", "--json"}), exit_ok);
  EXPECT_THAT(terminal.out(), HasSubstr("\"name\": \"indexer\""));
  EXPECT_THAT(terminal.out(), testing::Not(HasSubstr("tmdb")));
}

TEST(Upstreams, ThatAreUnknownAreNotThere) {
  FakeInstance instance{json_answer(200, two_upstreams)};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"upstreams", "nobody"}), exit_no);
  EXPECT_THAT(terminal.err(), HasSubstr("no upstream \"nobody\""));
}

TEST(Upstreams, AreActedOnByOneCall) {
  FakeInstance instance{json_answer(200, R"({"name": "tmdb", "changes": ["resumed", "breaker: closed again"]})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"upstreams", "tmdb", "--resume", "--reset", "--mode", "live"}), exit_ok);
  EXPECT_EQ(terminal.out(), "tmdb: resumed\ntmdb: breaker: closed again\n");
  EXPECT_THAT(instance.request(), StartsWith("POST /api/v1/upstreams/tmdb HTTP/1.1\r\n"));
  EXPECT_THAT(instance.request(), HasSubstr(R"({"paused":false,"mode":"live","reset":["breaker","cooldown"]})"));
}

TEST(Upstreams, WantANameToActOnAndOneAction) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"upstreams", "--pause"}), exit_usage);
  EXPECT_EQ(terminal.type({"upstreams", "tmdb", "--pause", "--resume"}), exit_usage);
  EXPECT_EQ(terminal.type({"upstreams", "tmdb", "--mode", "fast"}), exit_usage);
}

TEST(Requests, AreAskedForByTheFiltersAndShownOldestFirst) {
  FakeInstance instance{
      json_answer(200, R"({"requests": [{"method": "GET", "url": "/new"}, {"method": "GET", "url": "/old"}]})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"requests", "--upstream", "a b", "--result", "miss", "--client", "sonarr", "--text", "x",
                           "--limit", "5"}),
            exit_ok);
  EXPECT_THAT(instance.request(),
              StartsWith("GET /api/v1/requests?limit=5&upstream=a%20b&result=miss&client=sonarr&text=x HTTP/1.1\r\n"));
  EXPECT_THAT(terminal.out(), testing::ContainsRegex("REQUEST\n.*GET /old\n.*GET /new\n"));
}

TEST(Requests, WithJsonAreThoseOfTheInstance) {
  FakeInstance instance{json_answer(200, R"({"requests": [{"url": "/new"}]})")};
  auto terminal = beside(instance);
  EXPECT_EQ(terminal.type({"requests", "--json"}), exit_ok);
  EXPECT_EQ(nlohmann::json::parse(terminal.out()), nlohmann::json::parse(R"([{"url": "/new"}])"));
}

TEST(Requests, AResultThatThereIsNotIsWrongUsage) {
  Terminal terminal;
  EXPECT_EQ(terminal.type({"requests", "--result", "mist"}), exit_usage);
}

TEST(Colours, AreForTerminalsWithoutNoColor) {
  std::ostringstream out;
  const auto shows = [&](bool is_terminal, std::map<std::string, std::string> environment) {
    return CliEnv{std::move(environment), out, out, {}, is_terminal}.shows_colours();
  };
  EXPECT_TRUE(shows(true, {}));
  EXPECT_TRUE(shows(true, {{"NO_COLOR", ""}}));
  EXPECT_FALSE(shows(true, {{"NO_COLOR", "1"}}));
  EXPECT_FALSE(shows(false, {}));
}

}  // namespace
}  // namespace cachearr::app
