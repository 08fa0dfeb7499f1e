#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/cli/cli.hpp"
#include "app/exit_code.hpp"
#include "authority/authority.hpp"
#include "support/scratch.hpp"

namespace cachearr::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto one_host = R"({"upstreams": {"tmdb": {"hosts": ["api.themoviedb.org"], "intercept": true},
                                            "blind": {"hosts": ["blind.example.org"]}}})";
constexpr auto two_hosts = R"({"upstreams": {"tmdb": {"hosts": ["api.themoviedb.org"], "intercept": true},
                                             "new": {"hosts": ["*.new.example.org"], "intercept": true}}})";

/// A machine with its own state folder, in which a test types `cachearr ca ...`.
class CaCommand : public testing::Test {
 protected:
  CaCommand() { use_rules(one_host); }

  int type(std::vector<std::string> words) {
    words.insert(words.begin(), {"cachearr", "ca"});
    return run(std::move(words));
  }
  int run(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", scratch_ / "cachearr.json"});
    std::vector<const char*> arguments;
    for (const auto& word : words) arguments.push_back(word.c_str());
    out_.str("");
    err_.str("");
    CliEnv env{{}, out_, err_, [](const ServeOptions&) { return exit_ok; }};
    return run_command_line(static_cast<int>(arguments.size()), arguments.data(), env);
  }
  void use_rules(const std::string& rules) {
    scratch_.file("rules.json", rules);
    scratch_.file("cachearr.json", R"({"state_dir": "state", "rules": ["rules.json"],
                                       "listeners": [{"address": "0.0.0.0:9000"}]})");
  }
  nlohmann::json data() const { return nlohmann::json::parse(out_.str()); }

  test::Scratch scratch_;
  std::ostringstream out_, err_;
};

TEST_F(CaCommand, InitMakesAnAuthorityForTheInterceptedHostsAndNoOthers) {
  ASSERT_EQ(type({"init", "--json"}), exit_ok) << err_.str();
  EXPECT_THAT(data()["hosts"], Contains("api.themoviedb.org"));
  EXPECT_THAT(data()["hosts"], Not(Contains("blind.example.org")));
  EXPECT_THAT(data()["name"].get<std::string>(), StartsWith("cachearr local authority "));
  EXPECT_TRUE(authority::Authority::load(scratch_ / "state/ca"));
}

TEST_F(CaCommand, InitTwiceIsRefusedUnlessToRenew) {
  ASSERT_EQ(type({"init"}), exit_ok);
  EXPECT_EQ(type({"init"}), exit_no);
  EXPECT_THAT(err_.str(), HasSubstr("--renew"));
  EXPECT_EQ(type({"init", "--renew"}), exit_ok);
}

TEST_F(CaCommand, InitWithBrokenRulesNamesTheirProblems) {
  use_rules("{");
  EXPECT_EQ(type({"init"}), exit_configuration);
  EXPECT_THAT(err_.str(), HasSubstr("rules.json:"));
}

TEST_F(CaCommand, ShowTellsWhatThereIs) {
  ASSERT_EQ(type({"init"}), exit_ok);
  ASSERT_EQ(type({"show"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("fingerprint"));
  EXPECT_THAT(out_.str(), HasSubstr("api.themoviedb.org"));
}

TEST_F(CaCommand, ShowSaysWhenRulesWentBeyondTheAuthority) {
  ASSERT_EQ(type({"init"}), exit_ok);
  use_rules(two_hosts);
  ASSERT_EQ(type({"show", "--json"}), exit_ok);
  EXPECT_THAT(data()["notes"], ElementsAre(StartsWith("the local authority may not sign for *.new.example.org")));
}

TEST_F(CaCommand, CheckSaysItToo) {
  ASSERT_EQ(type({"init"}), exit_ok);
  use_rules(two_hosts);
  EXPECT_EQ(run({"cachearr", "check"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("note: the local authority may not sign for *.new.example.org"));
}

TEST_F(CaCommand, CheckRefusesAnAuthorityThatOthersMayRead) {
  ASSERT_EQ(type({"init"}), exit_ok);
  std::filesystem::permissions(scratch_ / "state/ca/ca.key", std::filesystem::perms{0644});
  EXPECT_EQ(run({"cachearr", "check"}), exit_configuration);
  EXPECT_THAT(out_.str(), StartsWith("the local authority cannot be used: "));
  EXPECT_THAT(out_.str(), HasSubstr("chmod 0600"));
}

TEST_F(CaCommand, CheckTellsWhereAnAuthorityIsWantedAndNotThereYet) {
  scratch_.file("cachearr.json", R"({"state_dir": "state", "rules": ["rules.json"], "intercept": {"enabled": true}})");
  EXPECT_EQ(run({"cachearr", "check"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("note: nothing is intercepted yet"));
}

TEST_F(CaCommand, CheckTellsWhyNoAuthorityCanBeMade) {
  use_rules(R"({"upstreams": {"all": {"hosts": ["*.com"], "intercept": true}}})");
  scratch_.file("cachearr.json", R"({"state_dir": "state", "rules": ["rules.json"], "intercept": {"enabled": true}})");
  EXPECT_EQ(run({"cachearr", "check"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("no authority can be made: \"*.com\" has no dot"));
}

TEST_F(CaCommand, CheckTellsOfATlsListenerThatHasNothingToShow) {
  scratch_.file("cachearr.json", R"({"state_dir": "state", "rules": ["rules.json"],
                                     "listeners": [{"address": "127.0.0.1:9443", "tls": true}]})");
  EXPECT_EQ(run({"cachearr", "check"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("note: the TLS listener 127.0.0.1:9443 answers nobody: there is no authority"));
  ASSERT_EQ(type({"init"}), exit_ok);
  EXPECT_EQ(run({"cachearr", "check"}), exit_ok);
  EXPECT_THAT(out_.str(), Not(HasSubstr("answers nobody")));
}

TEST_F(CaCommand, RenewingNamesTheAuthorityThatIsGone) {
  ASSERT_EQ(type({"init", "--json"}), exit_ok);
  const auto name = data()["name"].get<std::string>();
  ASSERT_EQ(type({"init", "--renew"}), exit_ok);
  EXPECT_THAT(out_.str(), HasSubstr("It replaces \"" + name + "\""));
}

TEST_F(CaCommand, ShowWithoutAnAuthoritySaysHowToMakeOne) {
  EXPECT_EQ(type({"show"}), exit_no);
  EXPECT_THAT(err_.str(), HasSubstr("cachearr ca init"));
}

TEST_F(CaCommand, ExportPrintsPemByDefault) {
  ASSERT_EQ(type({"init"}), exit_ok);
  ASSERT_EQ(type({"export"}), exit_ok);
  EXPECT_EQ(out_.str(), test::content_of(scratch_ / "state/ca/ca.pem"));
}

TEST_F(CaCommand, ExportWritesAFileInAnotherForm) {
  ASSERT_EQ(type({"init"}), exit_ok);
  ASSERT_EQ(type({"export", "--format", "mobileconfig", scratch_ / "out"}), exit_ok);
  EXPECT_THAT(test::content_of(scratch_ / "out"), StartsWith("<?xml"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CaCommand, ExportKnowsItsFormats) {
  EXPECT_EQ(type({"export", "--format", "exe"}), exit_usage);
  EXPECT_THAT(err_.str(), HasSubstr("mobileconfig"));
}

TEST_F(CaCommand, TrustHelpShowsEverySystemWithTheFingerprint) {
  ASSERT_EQ(type({"init", "--json"}), exit_ok);
  const auto fingerprint = data()["fingerprint"].get<std::string>();
  ASSERT_EQ(type({"trust-help"}), exit_ok);
  for (const auto& word : {fingerprint, std::string{"[debian]"}, std::string{"[windows]"}, std::string{"-- undo"}}) {
    EXPECT_THAT(out_.str(), HasSubstr(word));
  }
}

TEST_F(CaCommand, TrustHelpForOneSystemShowsThatOne) {
  ASSERT_EQ(type({"trust-help", "node", "--json"}), exit_ok);
  ASSERT_EQ(data().size(), 1U);
  EXPECT_THAT(data()[0]["trust"].get<std::string>(), HasSubstr("http://CACHEARR-HOST:9000/ca.pem"));
}

TEST_F(CaCommand, TrustHelpForAnUnknownSystemNamesThoseItKnows) {
  EXPECT_EQ(type({"trust-help", "amiga"}), exit_no);
  EXPECT_THAT(err_.str(), HasSubstr("only for debian, alpine, "));
}

TEST_F(CaCommand, AloneIsWrongUsage) { EXPECT_EQ(type({}), exit_usage); }

}  // namespace
}  // namespace cachearr::app
