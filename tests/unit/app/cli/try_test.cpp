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
  }
}

TEST(Applications, AreRecognisedByTheirAgent) {
  const auto all = applications({"nas", "8765"});
  EXPECT_TRUE(is_of(all[0], "Sonarr/4.0.1 (ubuntu)"));
  EXPECT_FALSE(is_of(all[0], "Radarr/5.0"));
}

TEST(Applications, OfAllOtherKindsAreThoseWhoseAgentIsNobodyElses) {
  const auto all = applications({"nas", "8765"});
  const auto& any = all.back();
  for (const auto* const agent : {"curl/8", "git/2.39", "Go-http-client/1.1", "okhttp/4.9", "Debian APT-HTTP/1.3", ""})
    EXPECT_TRUE(is_of(any, agent)) << agent;
  EXPECT_FALSE(is_of(any, "Sonarr/4.0.1 (ubuntu)"));
  EXPECT_FALSE(is_of(all[0], ""));
}

TEST(Applications, AreGivenAddressesOfIpv6InBrackets) {
  EXPECT_EQ((ProxyPlace{"::1", "97"}.url()), "http://[::1]:97");
  EXPECT_EQ((ProxyPlace{"nas", "97"}.url()), "http://nas:97");
}

TEST(Applications, AreToldOfThePasswordWhereOneIsWanted) {
  for (const auto& each : applications({"nas", "8765", true}))
    EXPECT_THAT(each.steps.back(), HasSubstr("access.basic_auth")) << each.id;
}

TEST(Applications, DoNotLoseThePublicAuthorities) {
  for (const auto& each : applications({"nas", "8765"}))
    for (const auto& step : each.steps) EXPECT_EQ(step.find("ca export"), std::string::npos) << each.id;
}

TEST(TryProgress, TellsWhatIsNotServedWithItsReason) {
  TryProgress progress;
  auto refused = came("proxy", "error");
  refused["status"] = 407;
  refused["error"] = "this proxy wants a user and a password";
  EXPECT_THAT(progress.saw(refused), testing::ElementsAre(HasSubstr("not served")));
  EXPECT_TRUE(progress.saw(refused).empty());
  EXPECT_FALSE(progress.has_begun());
  EXPECT_THAT(progress.missing(), HasSubstr("407: this proxy wants"));
  EXPECT_THAT(progress.missing(), HasSubstr("access.basic_auth"));
}

TEST(TryProgress, DoesNotTakeATunnelThatFailedForOneThatPassesByUnseen) {
  TryProgress progress;
  progress.saw(came("tunnel", "error"));
  EXPECT_THAT(progress.missing(), HasSubstr("not served"));
}

TEST(TryProgress, SeesNoSignOfCachingInWhatIsPassedOn) {
  TryProgress progress;
  EXPECT_EQ(progress.saw(came("proxy", "bypass")).size(), 1U);
  EXPECT_TRUE(progress.has_begun());
  EXPECT_THAT(progress.missing(), HasSubstr("nothing that came can be cached"));
}

TEST(TryProgress, TellsAClientThatDoesNotTrustTheAuthorityFromOneThatDidNotCome) {
  TryProgress progress;
  progress.saw_distrust("192.168.1.6");
  EXPECT_THAT(progress.missing(), HasSubstr("192.168.1.6"));
  EXPECT_THAT(progress.missing(), HasSubstr("trust-help"));
}

TEST(TryProgress, TellsARefusalOfSomebodyOnlyWhereNothingElseIsKnown) {
  TryProgress progress;
  progress.saw_refusal("192.168.1.6 does not believe it");
  EXPECT_THAT(progress.missing(), HasSubstr("may be this one: 192.168.1.6"));
  progress.saw(came("tunnel", "tunnel"));
  EXPECT_EQ(progress.missing().find("192.168.1.6"), std::string::npos);
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
