#include "app/backup/import.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <unistd.h>

#include "app/backup/contents.hpp"
#include "app/backup/staging.hpp"
#include "app/backup/swap.hpp"
#include "authority/authority.hpp"
#include "support/scratch.hpp"
#include "upkeep/savings.hpp"

namespace cachearr::app::backup {
namespace {

using test::content_of;
using testing::HasSubstr;

constexpr TimePoint kNow{Duration{1'764'466'000'000}};

std::string savings() {
  upkeep::SavingsDay day;
  day.day = 20'000;
  day.add({"mine", "192.0.2.1"}, {1, 2, 3, 4});
  return encode(day);
}

/// A configuration with rules in a folder, a state directory below it, no store on disk.
class Installation {
 public:
  Installation() {
    std::filesystem::create_directories(scratch_ / "rules.d");
    configure(R"("threads": 1)");
  }
  void configure(const std::string& members) const {
    scratch_.file("cachearr.json",
                  R"({"state_dir": "state", "disk": {"path": null}, "rules": ["rules.d"], )" + members + "}");
  }
  ConfigSources sources() const {
    ConfigSources sources;
    sources.file = scratch_ / "cachearr.json";
    return sources;
  }
  Config config() const {
    Problems problems;
    auto config = read_config(sources(), problems);
    EXPECT_TRUE(problems.empty());
    return config;
  }
  std::string export_all(const std::string& passphrase = {}) const {
    Contents contents;
    EXPECT_FALSE(add_files(config(), contents));
    add_states([](std::string_view name) { return name == "savings:3" ? savings() : ""; }, contents);
    if (!passphrase.empty()) {
      EXPECT_FALSE(add_authority(config(), passphrase, contents));
    }
    return archive_of(contents);
  }
  static std::string archive_of(const Contents& contents) {
    std::ostringstream out;
    EXPECT_FALSE(write(out, contents, kNow));
    return out.str();
  }
  bool has(const std::string& name) const { return std::filesystem::exists(scratch_ / name); }
  Result<ImportReport, admin::ImportRefusal> import(const std::string& bytes, ImportRequest request = {}) const {
    request.sources = sources();
    request.now = kNow;
    std::istringstream in{bytes};
    return import_archive(in, request);
  }
  /// All files with their contents, to see that nothing has changed.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& each : std::filesystem::recursive_directory_iterator{scratch_.path()})
      if (each.is_regular_file()) all[each.path().string()] = content_of(each.path().string());
    return all;
  }

  test::Scratch scratch_;
};

class Importing : public testing::Test {
 protected:
  Installation from_, to_;
};

constexpr const char* kRules = R"({"upstreams": {"mine": {"hosts": ["mine.example"]}}})";

TEST_F(Importing, BringsConfigurationRulesAndStatesAndKeepsTheOldBeside) {
  from_.configure(R"("threads": 3)");
  from_.scratch_.file("rules.d/mine.json", kRules);
  std::filesystem::create_directories(from_.scratch_ / "state/rules.d");
  from_.scratch_.file("state/rules.d/page.json", "{}");
  to_.scratch_.file("rules.d/theirs.json", "{}");
  const auto report = to_.import(from_.export_all());
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(to_.config().threads, 3U);
  EXPECT_EQ(content_of(to_.scratch_ / "rules.d/mine.json"), kRules);
  EXPECT_FALSE(std::filesystem::exists(to_.scratch_ / "rules.d/theirs.json"));
  EXPECT_EQ(content_of(to_.scratch_ / "state/rules.d/page.json"), "{}");
  EXPECT_EQ(content_of(to_.scratch_ / "state/state.import/savings%3A3"), savings());
  ASSERT_EQ(report->kept.size(), 2U);
  EXPECT_THAT(report->kept[0], HasSubstr("cachearr.json.before-"));
  EXPECT_TRUE(std::filesystem::exists(report->kept[1] + "/theirs.json"));
}

TEST_F(Importing, ChangesNothingWhereTheExportIsDamaged) {
  auto bytes = from_.export_all();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::filesystem::create_directories(to_.scratch_ / "state");
  const auto before = to_.files();
  const auto report = to_.import(bytes);
  ASSERT_FALSE(report);
  EXPECT_TRUE(report.error().problems.empty());
  EXPECT_EQ(to_.files(), before);
}

TEST_F(Importing, ChangesNothingWhereItsConfigurationIsWrongHereAndNamesThePlace) {
  from_.scratch_.file("rules.d/mine.json", R"({"rules": [{"name": "x", "upstream": "nobody"}]})");
  const auto before = to_.files();
  const auto report = to_.import(from_.export_all());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr(to_.scratch_ / "rules.d/mine.json:"));
  ASSERT_FALSE(report.error().problems.empty());
  EXPECT_EQ(report.error().problems.front().at.file, to_.scratch_ / "rules.d/mine.json");
  EXPECT_EQ(to_.files(), before);
}

TEST_F(Importing, ChangesNothingWhenItIsOnlyToCheck) {
  ImportRequest request;
  request.only_check = true;
  const auto before = to_.files();
  ASSERT_TRUE(to_.import(from_.export_all(), request));
  EXPECT_EQ(to_.files(), before);
}

TEST_F(Importing, IsUndoneWhereItIsNotAccepted) {
  from_.configure(R"("threads": 3)");
  ImportRequest request;
  std::size_t seen = 0;
  request.accept = [&]() -> std::optional<admin::ImportRefusal> {
    seen = to_.config().threads;
    return Error{"no"};
  };
  const auto before = to_.files();
  const auto report = to_.import(from_.export_all(), request);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().what, "no");
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(to_.files(), before);
}

TEST_F(Importing, BringsTheAuthorityWithItsPassphraseAlone) {
  const auto made = authority::Authority::init(from_.config().ca_dir, {"example.org"}, false, kNow);
  ASSERT_TRUE(made) << made.error().what;
  const auto bytes = from_.export_all("correct horse");
  EXPECT_EQ(bytes.find("PRIVATE KEY"), std::string::npos);
  EXPECT_FALSE(to_.import(bytes));
  ImportRequest wrong;
  wrong.passphrase = "wrong horse";
  EXPECT_FALSE(to_.import(bytes, wrong));
  EXPECT_FALSE(authority::Authority::exists(to_.config().ca_dir));
  ImportRequest right;
  right.passphrase = "correct horse";
  const auto report = to_.import(bytes, right);
  ASSERT_TRUE(report) << report.error().what;
  const auto loaded = authority::Authority::load(to_.config().ca_dir);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->fingerprint(), made->fingerprint());
}

TEST_F(Importing, PutsImportedStatesInPlaceOfTheStoresAndKeepsThose) {
  std::filesystem::create_directories(to_.scratch_ / "state/state.import");
  to_.scratch_.file("state/state.import/savings%3A3", "imported");
  const ManualClock clock;
  const auto store = store::make_memory_store(1024 * 1024, clock);
  store->put_state("savings:3", "old");
  store->put_state("savings:4", "older");
  take_imported_states(to_.scratch_ / "state", *store, kNow);
  EXPECT_EQ(store->get_state("savings:3"), "imported");
  EXPECT_EQ(store->get_state("savings:4"), "");
  EXPECT_FALSE(std::filesystem::exists(to_.scratch_ / "state/state.import"));
  EXPECT_EQ(content_of(to_.scratch_ / "state/state.before-20251130T012640Z/savings%3A3"), "old");
}

TEST(AnImport, KeepsTheRightsOfWhatItReplacesAndLetsNobodyElseReadWhatIsNew) {
  const Installation from, to;
  from.scratch_.file("rules.d/new.json", "{}");
  std::filesystem::permissions(to.scratch_ / "cachearr.json", std::filesystem::perms{0640});
  std::filesystem::create_directory(to.scratch_ / "state");  // tells who the service runs as
  ASSERT_TRUE(to.import(from.export_all()).ok());
  const auto rights = [&](const char* name) { return std::filesystem::status(to.scratch_ / name).permissions(); };
  EXPECT_EQ(rights("cachearr.json"), std::filesystem::perms{0640});
  EXPECT_EQ(rights("rules.d/new.json"), std::filesystem::perms{0600});
}

TEST(AnImport, LetsNobodyElseLookIntoFoldersThatAreNew) {
  const Installation from, to;
  std::filesystem::remove(to.scratch_ / "rules.d");
  std::filesystem::create_directory(to.scratch_ / "state");
  ASSERT_TRUE(to.import(from.export_all()).ok());
  EXPECT_EQ(std::filesystem::status(to.scratch_ / "rules.d").permissions(), std::filesystem::perms{0700});
}

TEST(AnImport, ByRootBeforeTheFirstStartIsReadableByWhoeverTheServiceWillRunAs) {
  if (::geteuid() != 0) GTEST_SKIP() << "this is for root";
  const Installation from, to;
  std::filesystem::remove(to.scratch_ / "rules.d");
  ASSERT_TRUE(to.import(from.export_all()).ok());
  EXPECT_EQ(std::filesystem::status(to.scratch_ / "rules.d").permissions(), std::filesystem::perms{0755});
}

TEST_F(Importing, MakesNoStateFolderWhereItOnlyChecksOrRefuses) {
  ImportRequest check;
  check.only_check = true;
  ASSERT_TRUE(to_.import(from_.export_all(), check));
  EXPECT_FALSE(to_.has("state"));
  auto bytes = from_.export_all();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_FALSE(to_.import(bytes));
  EXPECT_FALSE(to_.has("state"));
  ASSERT_TRUE(to_.import(from_.export_all()));
  EXPECT_TRUE(to_.has("state/state.import"));
}

TEST_F(Importing, TakesNoRulesThatTheConfigurationDoesNotName) {
  std::filesystem::create_directories(to_.scratch_ / "state");
  to_.scratch_.file("state/secret", "kept");
  for (const auto* const name : {"state", "cachearr.json", "elsewhere"}) {
    Contents contents;
    ASSERT_FALSE(add_files(from_.config(), contents));
    contents.rules.push_back({name, true});
    const auto report = to_.import(Installation::archive_of(contents));
    ASSERT_FALSE(report) << name;
    EXPECT_THAT(report.error().what, HasSubstr(to_.scratch_ / name));
    EXPECT_EQ(content_of(to_.scratch_ / "state/secret"), "kept");
  }
}

TEST_F(Importing, MovesNoFolderThatARunningInstanceUses) {
  from_.scratch_.file("cachearr.json", R"({"state_dir": "other", "disk": {"path": null}, "rules": ["rules.d"]})");
  ImportRequest request;
  request.running = true;
  const auto before = to_.files();
  const auto refused = to_.import(from_.export_all(), request);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("another state_dir"));
  EXPECT_EQ(to_.files(), before);
  EXPECT_TRUE(to_.import(from_.export_all()));
}

TEST_F(Importing, TakesNoSavingsOrHistoryThatTheNextStartCouldNotRead) {
  for (const auto* const name : {"savings%3A3", "history%3A10%3A1", "unknown"}) {
    Contents contents;
    ASSERT_FALSE(add_files(from_.config(), contents));
    contents.members.push_back({"state/" + std::string{name}, "garbage"});
    const auto report = to_.import(Installation::archive_of(contents));
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().what, HasSubstr(name));
  }
}

TEST_F(Importing, PutsRulesInPlaceOfALinkToAFolderAndKeepsTheLink) {
  from_.scratch_.file("rules.d/mine.json", kRules);
  std::filesystem::rename(to_.scratch_ / "rules.d", to_.scratch_ / "elsewhere");
  std::filesystem::create_directory_symlink("elsewhere", to_.scratch_ / "rules.d");
  to_.scratch_.file("rules.d/theirs.json", "{}");
  const auto report = to_.import(from_.export_all());
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(content_of(to_.scratch_ / "rules.d/mine.json"), kRules);
  EXPECT_TRUE(to_.has("elsewhere/theirs.json"));
  EXPECT_TRUE(std::filesystem::is_symlink(report->kept[1]));
}

TEST_F(Importing, TakesAFolderOfRulesWithTheOneInsideItThatIsNamedAsWell) {
  from_.scratch_.file("cachearr.json", R"({"state_dir": "state", "disk": {"path": null},
    "rules": ["rules.d/first", "rules.d"]})");
  for (const auto* each : {&from_, &to_}) std::filesystem::create_directories(each->scratch_ / "rules.d/first");
  from_.scratch_.file("rules.d/first/one.json", "{}");
  from_.scratch_.file("rules.d/mine.json", kRules);
  const auto report = to_.import(from_.export_all());
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(content_of(to_.scratch_ / "rules.d/first/one.json"), "{}");
  EXPECT_EQ(content_of(to_.scratch_ / "rules.d/mine.json"), kRules);
}

TEST_F(Importing, LeavesNothingOfKilledOnesAtTheNextStart) {
  for (const auto* const left : {".cachearr-import-a", "state/.cachearr-import-b"})
    std::filesystem::create_directories(to_.scratch_ / left);
  to_.scratch_.file("state/.cachearr-import-b/key", "secret");
  EXPECT_FALSE(finish_import(to_.sources()));
  EXPECT_FALSE(to_.has(".cachearr-import-a"));
  EXPECT_FALSE(to_.has("state/.cachearr-import-b"));
}

TEST_F(Importing, GoesOnWithAKilledOneBeforeItClearsUp) {
  std::filesystem::create_directories(to_.scratch_ / "state");
  {
    const auto staging = Staging::in(to_.scratch_.path());
    ASSERT_TRUE(staging);
    (*staging)->new_file("cachearr.json") << R"({"threads": 5, "state_dir": "state"})";
    // As if it had been killed right after the journal: a copy of its folder has no lock.
    std::filesystem::copy((*staging)->path(), to_.scratch_ / ".cachearr-import-killed",
                          std::filesystem::copy_options::recursive);
  }
  Swaps swaps{to_.scratch_ / "state"};
  ASSERT_FALSE(swaps.make({{to_.scratch_ / ".cachearr-import-killed/cachearr.json", to_.scratch_ / "cachearr.json",
                            to_.scratch_ / "cachearr.json.before"}}));
  std::filesystem::rename(to_.scratch_ / "cachearr.json", to_.scratch_ / ".cachearr-import-killed/cachearr.json");
  std::filesystem::rename(to_.scratch_ / "cachearr.json.before", to_.scratch_ / "cachearr.json");
  EXPECT_FALSE(finish_import(to_.sources()));
  EXPECT_EQ(to_.config().threads, 5U);
  EXPECT_FALSE(to_.has(".cachearr-import-killed"));
}

/// A link to itself is what nobody can look behind, not even root.
TEST(AnExport, IsAnErrorWhereSomethingCannotBeReadAndNotOneWithoutIt) {
  const Installation from;
  Contents contents;
  EXPECT_FALSE(add_files(from.config(), contents));  // without a state folder there is nothing to be missed
  std::filesystem::create_directories(from.scratch_ / "state");
  auto config = from.config();
  config.disk_path = from.scratch_ / "state/store";
  ASSERT_TRUE(has_store(config));
  EXPECT_FALSE(*has_store(config));
  for (const auto* const name : {"rules.d", "store"})
    std::filesystem::create_symlink(name, from.scratch_ / ("state/" + std::string{name}));
  const auto failed = add_files(config, contents);
  ASSERT_TRUE(failed);
  EXPECT_THAT(failed->what, HasSubstr("state/rules.d cannot be read"));
  const auto store = has_store(config);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what, HasSubstr("state/store/data.mdb cannot be read"));
}

TEST(AnExport, LeavesOutAStateThatIsDamagedAndTellsIt) {
  Contents contents;
  add_states([](std::string_view name) { return name == "savings:3" ? "garbage" : ""; }, contents);
  EXPECT_TRUE(contents.members.empty());
  ASSERT_EQ(contents.notes.size(), 1U);
  EXPECT_THAT(contents.notes.front(), HasSubstr("savings:3"));
}

}  // namespace
}  // namespace cachearr::app::backup
