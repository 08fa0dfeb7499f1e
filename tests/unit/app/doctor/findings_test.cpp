#include "app/doctor/findings.hpp"

#include <algorithm>
#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/doctor/gather.hpp"

namespace cachearr::app::doctor {
namespace {

using testing::HasSubstr;

/// An installation with nothing to say about.
Facts fine() {
  Facts facts;
  facts.version = facts.running_version = "0.1.0";
  facts.instance = Instance::runs;
  facts.state.path = "/var/lib/cachearr";
  facts.listeners = {{"0.0.0.0:9797", "", false, true}};
  facts.disk = {"/var/lib/cachearr/store", "ext4", true, 100ULL << 30U, 0, 4ULL << 30U};
  return facts;
}

UpstreamFacts upstream_with(Probe probe) {
  UpstreamFacts upstream;
  upstream.name = "tmdb";
  upstream.origin = "https://api.themoviedb.org";
  upstream.probe = std::move(probe);
  return upstream;
}

/// The finding with this id that is worse than ok; one that says "none" where there is none.
Finding found(const Facts& facts, std::string_view id) {
  for (auto& finding : findings_of(facts))
    if (finding.id == id && finding.level != Level::ok) return finding;
  return {"none", Level::ok, "none", "", ""};
}

TEST(Doctor, HasNothingToComplainAboutWhereAllIsWell) {
  const auto findings = findings_of(fine());
  EXPECT_EQ(worst_of(findings), Level::ok);
  for (const auto& finding : findings) EXPECT_TRUE(finding.advice.empty()) << finding.what;
}

TEST(Doctor, SaysTheWorstFirst) {
  auto facts = fine();
  facts.problems = {{{"cachearr.json", 3, 1}, "wrong"}};
  facts.listeners.front().is_loopback = true;
  const auto findings = findings_of(facts);
  EXPECT_EQ(findings.front().level, Level::error);
  EXPECT_THAT(findings.front().what, HasSubstr("cachearr.json:3:1"));
  EXPECT_TRUE(std::is_sorted(findings.begin(), findings.end(), [](auto& a, auto& b) { return a.level > b.level; }));
}

TEST(Doctor, TellsWhoTakesAPortOnlyWhileNothingRuns) {
  auto facts = fine();
  EXPECT_EQ(found(facts, "port").id, "none");
  facts.instance = Instance::absent;
  EXPECT_EQ(found(facts, "port").level, Level::error);
  EXPECT_EQ(found(facts, "running").level, Level::warning);
}

TEST(Doctor, DoesNotTakeAnInstanceThatWasStartedOtherwiseForAnotherProgram) {
  auto facts = fine();
  facts.instance = Instance::absent;
  facts.listeners.front().is_cachearr = true;
  EXPECT_EQ(found(facts, "port").id, "none");
  EXPECT_THAT(found(facts, "running").what, HasSubstr("an instance answers at 0.0.0.0:9797"));
}

TEST(Doctor, GuessesNothingFromFilesThatAreAnotherUsers) {
  auto facts = fine();
  facts.instance = Instance::of_another_user;
  facts.disk.is_writable = false;
  facts.authority.intercepted_hosts = 1;
  facts.authority.unusable = "cannot be read";
  EXPECT_THAT(found(facts, "running").what, HasSubstr("you may not read /var/lib/cachearr"));
  EXPECT_THAT(found(facts, "running").advice, HasSubstr("sudo"));
  for (const auto* const id : {"port", "disk", "authority", "listening"}) EXPECT_EQ(found(facts, id).id, "none") << id;
}

TEST(Doctor, DoesNotBlameThePortsOfAnInstanceThatIsSilent) {
  auto facts = fine();
  facts.instance = Instance::silent;
  EXPECT_THAT(found(facts, "running").what, HasSubstr("does not answer"));
  EXPECT_EQ(found(facts, "port").id, "none");
}

TEST(Doctor, SaysOfAnUnreadableConfigurationNothingButThat) {
  Facts facts;
  facts.problems = {{{"cachearr.json", 3, 1}, "wrong"}};
  facts.instance = Instance::unknown;
  facts.rules_are_known = false;
  for (const auto& finding : findings_of(facts))
    EXPECT_TRUE(finding.id == "configuration" || finding.id == "reach") << finding.id;
}

TEST(Doctor, SaysOfBrokenRulesThatNothingTheyNameWasLookedAt) {
  auto facts = fine();
  facts.rules_are_known = false;
  EXPECT_THAT(found(facts, "reach").what, HasSubstr("no upstream was looked at"));
  for (const auto& finding : findings_of(facts)) EXPECT_NE(finding.id, "authority") << finding.what;
}

TEST(Doctor, NamesWhatKeepsTheProgramFromStarting) {
  auto facts = fine();
  facts.instance = Instance::absent;
  facts.listeners.front() = {"0.0.0.0:81", "", false, false, false, EACCES};
  facts.authority.unusable = "ca.key is open to other users (chmod 0600 ca.key)";
  facts.state.problem = "/var/lib/cachearr is not a directory";
  EXPECT_THAT(found(facts, "port").advice, HasSubstr("above 1023"));
  EXPECT_THAT(found(facts, "state").why, HasSubstr("does not start"));
  EXPECT_THAT(found(facts, "authority").what, HasSubstr("chmod 0600"));
  EXPECT_THAT(found(facts, "authority").why, HasSubstr("does not start"));
  EXPECT_EQ(found(facts, "authority").advice.find("--renew"), std::string::npos);
  for (const auto& finding : findings_of(facts)) EXPECT_NE(finding.id, "disk") << finding.what;
}

TEST(Doctor, WarnsOfAProxyThatIsOpenToEverybody) {
  auto facts = fine();
  facts.everybody_may_use = true;
  EXPECT_EQ(found(facts, "lan").level, Level::warning);
  EXPECT_THAT(found(facts, "lan").advice, HasSubstr("access.clients"));
  facts.listeners.front().is_loopback = true;
  EXPECT_EQ(found(facts, "lan").level, Level::notice);
}

TEST(Doctor, MissesListenersThatTheRunningInstanceDoesNotHave) {
  auto facts = fine();
  facts.listeners.front().is_taken = false;
  EXPECT_THAT(found(facts, "listening").what, HasSubstr("0.0.0.0:9797"));
}

TEST(Doctor, SaysWhetherOtherMachinesGetThrough) {
  auto facts = fine();
  facts.listeners.front().address = "127.0.0.1:19797";
  facts.listeners.front().is_loopback = true;
  EXPECT_EQ(found(facts, "lan").level, Level::notice);
  EXPECT_THAT(found(facts, "lan").advice, HasSubstr("0.0.0.0:19797"));
  facts.listeners.front().is_loopback = false;
  facts.private_clients_may_use = false;
  EXPECT_EQ(found(facts, "lan").level, Level::warning);
}

TEST(Doctor, NamesClientsThatRefuseTheAuthority) {
  auto facts = fine();
  facts.clients = {{"192.168.1.5", "Sonarr/4.0", true, {}},
                   {"192.168.1.6", "Radarr/5.0", false, {"api.themoviedb.org"}}};
  const auto finding = found(facts, "trust");
  EXPECT_THAT(finding.what, HasSubstr("Radarr/5.0"));
  EXPECT_THAT(finding.what, HasSubstr("api.themoviedb.org"));
  EXPECT_THAT(finding.advice, HasSubstr("trust-help"));
}

TEST(Doctor, AccusesNoProgramThatIsKnownToTrustTheAuthority) {
  auto facts = fine();
  facts.clients = {{"127.0.0.1", "Sonarr/4.0", true, {"api.themoviedb.org"}},
                   {"127.0.0.1", "Radarr/5.0", false, {"api.themoviedb.org"}}};
  facts.notes = {{"Interception", "notice", "127.0.0.1 does not believe the certificate for api.themoviedb.org"}};
  EXPECT_THAT(found(facts, "trust").what, HasSubstr("Radarr/5.0"));
  EXPECT_EQ(found(facts, "trust").what.find("Sonarr"), std::string::npos);
  EXPECT_EQ(found(facts, "health").id, "none");
  facts.clients.clear();
  EXPECT_EQ(found(facts, "health").level, Level::notice);
}

TEST(Doctor, MissesAnOriginOfOnesOwnUpstreamsMoreThanOfShippedOnes) {
  auto facts = fine();
  facts.upstreams.resize(1);
  facts.upstreams.front().name = "sonarr";
  EXPECT_EQ(found(facts, "origin").level, Level::notice);
  facts.upstreams.front().own = true;
  EXPECT_EQ(found(facts, "origin").level, Level::warning);
}

TEST(Doctor, NoticesAnIndexerWithoutAnyQuota) {
  auto facts = fine();
  UpstreamFacts indexer;
  indexer.name = "indexer";
  indexer.origin = "https://indexer.example";
  indexer.is_indexer = true;
  indexer.requests = 100;
  facts.upstreams = {indexer};
  EXPECT_EQ(found(facts, "quota").level, Level::notice);
  facts.upstreams.front().has_quota = true;
  EXPECT_EQ(found(facts, "quota").id, "none");
}

TEST(Doctor, TellsFailuresOfUpstreamsApart) {
  using Failure = Probe::Failure;
  auto facts = fine();
  facts.upstreams = {upstream_with({Failure::dns, "no such name", 0, {}})};
  EXPECT_EQ(found(facts, "dns").level, Level::error);
  facts.upstreams = {upstream_with({Failure::tls, "expired", 0, {}})};
  EXPECT_EQ(found(facts, "tls").level, Level::error);
  facts.upstreams = {upstream_with({Failure::connect, "refused", 0, {}})};
  EXPECT_EQ(found(facts, "reach").level, Level::error);
  facts.upstreams = {upstream_with({Failure::none, "", 404, 0})};
  EXPECT_EQ(found(facts, "reach").id, "none");
}

TEST(Doctor, SaysWhichUpstreamsItSpared) {
  auto facts = fine();
  facts.upstreams.resize(1);
  facts.upstreams.front().name = "tmdb";
  facts.upstreams.front().origin = "https://api.themoviedb.org";
  facts.upstreams.front().left_alone_as = "it is paused";
  const auto findings = findings_of(facts);
  EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const Finding& each) {
    return each.what == "not asked, to spare them: tmdb (it is paused)";
  }));
}

TEST(Doctor, BlamesNobodysClockWhereTheUpstreamsDisagree) {
  auto facts = fine();
  facts.upstreams = {upstream_with({Probe::Failure::none, "", 200, 0}),
                     upstream_with({Probe::Failure::none, "", 200, 7200})};
  EXPECT_EQ(found(facts, "clock").level, Level::notice);
  EXPECT_THAT(found(facts, "clock").what, HasSubstr("the clock of tmdb is 7200 s behind"));
}

TEST(Doctor, JudgesTheClockByTheMiddleOfTheUpstreams) {
  auto facts = fine();
  const auto says = [](std::int64_t skew) { return upstream_with({Probe::Failure::none, "", 200, skew}); };
  facts.upstreams = {says(2), says(-1), says(90'000)};
  EXPECT_EQ(found(facts, "clock").id, "none");
  facts.upstreams = {says(120), says(100), says(-1)};
  EXPECT_EQ(found(facts, "clock").level, Level::warning);
  EXPECT_THAT(found(facts, "clock").what, HasSubstr("100 s ahead"));
  facts.upstreams = {says(-4000)};
  EXPECT_EQ(found(facts, "clock").level, Level::error);
  EXPECT_THAT(found(facts, "clock").what, HasSubstr("behind"));
}

TEST(Doctor, KnowsWhatDisksAreGoodFor) {
  auto facts = fine();
  facts.disk.free_bytes = 1ULL << 30U;
  EXPECT_EQ(found(facts, "disk").level, Level::warning);
  EXPECT_THAT(found(facts, "disk").what, HasSubstr("3072 MiB less"));
  facts.disk.free_bytes = 1024;
  EXPECT_EQ(found(facts, "disk").level, Level::error);
  facts.disk.is_writable = false;
  EXPECT_THAT(found(facts, "disk").what, HasSubstr("cannot be written"));
  facts.disk.filesystem = "nfs";
  EXPECT_EQ(found(facts, "filesystem").level, Level::warning);
  facts.disk.filesystem = "overlay";
  EXPECT_EQ(found(facts, "filesystem").level, Level::notice);
  facts.disk = {};
  EXPECT_EQ(found(facts, "disk").level, Level::notice);
}

TEST(Doctor, TellsAnotherVersionThanTheInstalledOne) {
  auto facts = fine();
  facts.running_version = "0.0.9";
  EXPECT_THAT(found(facts, "version").what, HasSubstr("0.0.9"));
}

TEST(Doctor, RepeatsWhatTheRunningInstanceSays) {
  auto facts = fine();
  facts.notes = {{"Store", "warning", "the disk is full"}, {"Store", "ok", "healthy"}};
  EXPECT_EQ(found(facts, "health").what, "the disk is full");
}

TEST(Doctor, NamesFileSystems) {
  EXPECT_EQ(filesystem_of(0xEF53), "ext4");
  EXPECT_EQ(filesystem_of(0x6969), "nfs");
  EXPECT_EQ(filesystem_of(1), "");
}

}  // namespace
}  // namespace cachearr::app::doctor
