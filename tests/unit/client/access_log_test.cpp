#include "client/access_log.hpp"

#include <algorithm>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace cachearr::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

const TimePoint kNow{Duration{1'700'000'000'042}};

class AccessLogTest : public ::testing::Test {
 protected:
  /// All that the log gets from start to stop.
  static std::string logged(bool json, const std::function<void(AccessLog&)>& act,
                            log::Level level = log::Level::info) {
    ::testing::internal::CaptureStderr();
    log::start(level, json);
    AccessLog access;
    act(access);
    access.flush();
    log::stop();
    return ::testing::internal::GetCapturedStderr();
  }
  static std::string line(bool json, const LogFacts& facts) {
    return logged(json, [&](AccessLog& access) { access.write(facts, kNow); });
  }
  static LogFacts facts() {
    LogFacts facts;
    facts.client = "192.168.1.7";
    facts.method = "GET";
    facts.scheme = "http";
    facts.authority = "api.test";
    facts.path = "/3/tv";
    facts.query = "language=de";
    facts.status = 200;
    facts.bytes = 1234;
    facts.microseconds = 5678;
    facts.upstream = "tmdb";
    facts.rule = "tmdb-tv";
    facts.key = "metadata:series:1";
    facts.cache.hit = true;
    facts.cache.ttl = 60;
    facts.cache.key = "metadata:series:1";
    return facts;
  }
};

TEST_F(AccessLogTest, SaysInOneLineWhoAskedWhatAndHowItWasDecided) {
  EXPECT_THAT(line(false, facts()),
              MatchesRegex("20[0-9-]+ [0-9:]+\\.042\\|Info\\|access\\|192\\.168\\.1\\.7 GET "
                           "http://api\\.test/3/tv\\?language=de 200 1234 5\\.67ms tmdb tmdb-tv metadata:series:1 "
                           "cachearr; hit; ttl=60\n"));
}

TEST_F(AccessLogTest, MarksWhatIsMissing) {
  auto bare = facts();
  bare.upstream = bare.rule = bare.key = bare.query = bare.scheme = {};
  bare.cache = {};
  EXPECT_THAT(line(false, bare), EndsWith("GET api.test/3/tv 200 1234 5.67ms - - - cachearr\n"));
}

TEST_F(AccessLogTest, OfARequestThatLeadsNowhereShowsThePath) {
  auto lost = facts();
  lost.authority = {};
  EXPECT_THAT(line(false, lost), HasSubstr(" GET /3/tv?language=de 200 "));
}

TEST_F(AccessLogTest, TellsTheTimeInJsonAsTheOtherLinesDo) {
  EXPECT_EQ(nlohmann::json::parse(line(true, facts()))["time"], "2023-11-14T22:13:20.042Z");
}

TEST_F(AccessLogTest, TellsWhatWentWrong) {
  auto wrong = facts();
  wrong.error = "the origin ended the connection";
  EXPECT_THAT(line(false, wrong), EndsWith(" (the origin ended the connection)\n"));
  EXPECT_EQ(nlohmann::json::parse(line(true, wrong))["error"], "the origin ended the connection");
}

TEST_F(AccessLogTest, TellsWhichTlsWasSpokenWithTheOriginWhereItWasAsked) {
  auto fetched = facts();
  fetched.tls = "TLSv1.2";
  EXPECT_THAT(line(false, fetched), EndsWith(" over TLSv1.2\n"));
  EXPECT_EQ(nlohmann::json::parse(line(true, fetched))["upstreamTls"], "TLSv1.2");
  EXPECT_FALSE(nlohmann::json::parse(line(true, facts())).contains("upstreamTls"));
}

TEST_F(AccessLogTest, IsOneJsonObjectALineWhereThatIsWanted) {
  const auto object = nlohmann::json::parse(line(true, facts()));
  EXPECT_EQ(object["client"], "192.168.1.7");
  EXPECT_EQ(object["method"], "GET");
  EXPECT_EQ(object["url"], "http://api.test/3/tv?language=de");
  EXPECT_EQ(object["status"], 200);
  EXPECT_EQ(object["bytes"], 1234);
  EXPECT_EQ(object["ms"], 5.67);
  EXPECT_EQ(object["upstream"], "tmdb");
  EXPECT_EQ(object["rule"], "tmdb-tv");
  EXPECT_EQ(object["key"], "metadata:series:1");
  EXPECT_EQ(object["decision"], "cachearr; hit; ttl=60");
  EXPECT_EQ(object["event"], "request");
  EXPECT_FALSE(object.contains("error"));
}

TEST_F(AccessLogTest, IsOneLineWhateverTheRequestHolds) {
  const std::string foreign = "a\nb\r\nc\x1b[2Jd\x7f\"\\\x01z";
  const std::vector<std::string_view LogFacts::*> members{&LogFacts::client, &LogFacts::method,   &LogFacts::authority,
                                                          &LogFacts::path,   &LogFacts::query,    &LogFacts::rule,
                                                          &LogFacts::key,    &LogFacts::upstream, &LogFacts::error};
  for (std::size_t i = 0; i < members.size(); ++i) {
    auto odd = facts();
    odd.*members[i] = foreign;
    const auto text = line(false, odd);
    EXPECT_EQ(std::count_if(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }),
              1)
        << "member " << i << ": " << text;
    const auto json = line(true, odd);
    EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1) << "member " << i;
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
  }
}

TEST_F(AccessLogTest, HidesWellKnownSecrets) {
  auto secret = facts();
  secret.query = "api_key=0123456789abcdef&language=de&apikey=fedcba9876543210";
  for (const bool json : {false, true}) {
    const auto text = line(json, secret);
    EXPECT_THAT(text, HasSubstr("api_key=***&language=de&apikey=***"));
    EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
  }
}

TEST_F(AccessLogTest, HidesWhatTheUpstreamCallsACredential) {
  const std::vector<std::string> names{"zeta", "r"};
  auto secret = facts();
  secret.secrets = names;
  secret.query = "t=search&r=topsecret&R=alsosecret&%72=encoded&zeta=mine&q=r%3Dx&rr=plain";
  for (const bool json : {false, true}) {
    const auto text = line(json, secret);
    for (const auto* const hidden : {"topsecret", "alsosecret", "encoded", "mine"})
      EXPECT_THAT(text, Not(HasSubstr(hidden)));
    EXPECT_THAT(text, HasSubstr("t=search&r=***&R=***&%72=***&zeta=***"));
    EXPECT_THAT(text, HasSubstr("rr=plain"));
  }
}

TEST_F(AccessLogTest, HidesCredentialsInQueriesThatSemicolonsPart) {
  const std::vector<std::string> names{"zeta"};
  auto secret = facts();
  secret.secrets = names;
  secret.query = "t=search;zeta=mine;q=x&zeta=more";
  EXPECT_THAT(line(false, secret), HasSubstr("?t=search;zeta=***;q=x&zeta=*** "));
}

TEST_F(AccessLogTest, KeepsEverythingElseOfTheQueryWhereAnUpstreamHasCredentials) {
  const std::vector<std::string> names{"zz"};
  auto odd = facts();
  odd.secrets = names;
  odd.query = "&a&&b=&=c";
  EXPECT_THAT(line(false, odd), HasSubstr("?&a&&b=&=c "));
}

TEST_F(AccessLogTest, LeavesInBatches) {
  const auto text = logged(false, [](AccessLog& access) {
    for (int i = 0; i < 1000; ++i) access.write(facts(), kNow);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1000);
}

TEST_F(AccessLogTest, IsSilentWhereOnlyWarningsAreWanted) {
  EXPECT_THAT(logged(
                  false, [](AccessLog& access) { access.write(facts(), kNow); }, log::Level::warning),
              IsEmpty());
}

}  // namespace
}  // namespace cachearr::client
