#include "app/backup/places.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace cachearr::app::backup {
namespace {

using testing::HasSubstr;

TEST(Places, OverlapWhereOneIsTheOtherOrAboveIt) {
  EXPECT_TRUE(overlap("/a/b", "/a/b"));
  EXPECT_TRUE(overlap("/a", "/a/b"));
  EXPECT_TRUE(overlap("/a/b/c", "/a"));
  EXPECT_TRUE(overlap("/", "/a"));
  EXPECT_FALSE(overlap("/a/b", "/a/bc"));
  EXPECT_FALSE(overlap("/a/b", "/a/c"));
}

TEST(Places, OfRulesAreThoseThatTheConfigurationNamesButNeverTheProgramsOwn) {
  Config config;
  config.state_dir = "/data";
  config.disk_path = "/data/store";
  config.ca_dir = "/data/ca";
  const auto own = own_places(config, "/data/cachearr.json");
  const auto allowed = [&own](const std::string& target) { return !check_rules_place(target, {target}, own); };
  EXPECT_TRUE(allowed("/data/rules"));
  EXPECT_TRUE(allowed("/data/more/mine.json"));
  EXPECT_FALSE(check_rules_place("/data/rules", {"/data/rules"}, own));
  EXPECT_TRUE(check_rules_place("/data/rules", {"/data/other"}, own));
  for (const auto* const taken : {"/data", "/data/cachearr.json", "/data/secret", "/data/store", "/data/store/data.mdb",
                                  "/data/ca", "/data/rules.d", "/data/import.journal", "/data/state.import"})
    EXPECT_FALSE(allowed(taken)) << taken;
}

TEST(Places, AreNoOthersForALinkThatLeadsThere) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch / "store");
  std::filesystem::create_directory_symlink("store", scratch / "rules");
  EXPECT_TRUE(check_rules_place(scratch / "rules", {scratch / "rules"}, {scratch / "store"}));
}

TEST(Places, ThatAreMountsCannotBeReplaced) {
  const auto failed = check_replaceable("/proc/self", "/");
  ASSERT_TRUE(failed);
  EXPECT_THAT(failed->what, HasSubstr("/proc is a mount"));
  const test::Scratch scratch;
  scratch.file("here", "");
  EXPECT_FALSE(check_replaceable(scratch / "here", scratch.path()));
  EXPECT_FALSE(check_replaceable(scratch / "missing/yet", scratch.path()));
}

TEST(Places, OfARunningInstanceStayTheSame) {
  Config here;
  here.state_dir = "/data";
  auto there = here;
  there.threads = here.threads + 1;
  EXPECT_FALSE(check_same_places(here, there));
  there.disk_path = "/other";
  const auto failed = check_same_places(here, there);
  ASSERT_TRUE(failed);
  EXPECT_THAT(failed->what, HasSubstr("disk.path (/other)"));
}

}  // namespace
}  // namespace cachearr::app::backup
