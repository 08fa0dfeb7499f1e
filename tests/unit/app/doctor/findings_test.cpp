#include "app/doctor/findings.hpp"

#include <algorithm>
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
  facts.running = true;
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
  facts.running = false;
  EXPECT_EQ(found(facts, "port").level, Level::error);
  EXPECT_EQ(found(facts, "running").level, Level::warning);
}

TEST(Doctor, MissesListenersThatTheRunningInstanceDoesNotHave) {
  auto facts = fine();
  facts.listeners.front().is_taken = false;
  EXPECT_THAT(found(facts, "listening").what, HasSubstr("0.0.0.0:9797"));
}

TEST(Doctor, SaysWhetherOtherMachinesGetThrough) {
  auto facts = fine();
  facts.listeners.front().is_loopback = true;
  EXPECT_EQ(found(facts, "lan").level, Level::notice);
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
  facts.notes = {{"warning", "the disk is full"}, {"ok", "healthy"}};
  EXPECT_EQ(found(facts, "health").what, "the disk is full");
}

TEST(Doctor, NamesFileSystems) {
  EXPECT_EQ(filesystem_of(0xEF53), "ext4");
  EXPECT_EQ(filesystem_of(0x6969), "nfs");
  EXPECT_EQ(filesystem_of(1), "");
}

}  // namespace
}  // namespace cachearr::app::doctor
