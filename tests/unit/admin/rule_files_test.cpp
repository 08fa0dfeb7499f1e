#include "admin/rule_files.hpp"

#include <gmock/gmock.h>

#include "support/scratch.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RuleFileNames, AreThoseOfPlainJsonFiles) {
  EXPECT_TRUE(is_rule_file_name("my-rules.json"));
  EXPECT_TRUE(is_rule_file_name("10_b.x.json"));
  for (const auto* const name :
       {"", ".json", "rules", "../x.json", "a/b.json", ".x.json", "schema.json", "a b.json", "x.JSON"})
    EXPECT_FALSE(is_rule_file_name(name)) << name;
}

TEST(MaskedRuleFile, HidesTheUserAndPasswordOfUrlsAlone) {
  EXPECT_EQ(mask_rule_file(R"({"proxy": "http://me:secret@proxy:3128", "origin": "https://a.test/x@y"})"),
            R"({"proxy": "http://***@proxy:3128", "origin": "https://a.test/x@y"})");
  EXPECT_EQ(mask_rule_file("no URL"), "no URL");
}

TEST(MaskedRuleFile, IsPutBackByItsHost) {
  const std::string before = R"({"a": "http://me:secret@proxy:3128", "b": "socks5://you:word@other"})";
  const auto masked = mask_rule_file(before);
  EXPECT_EQ(*unmask_rule_file(masked, before), before);
  EXPECT_EQ(*unmask_rule_file("// new\n" + masked, before), "// new\n" + before);
}

TEST(MaskedRuleFile, GivesAPasswordToNoOtherHost) {
  const std::string before = R"("http://me:secret@proxy.example")";
  EXPECT_FALSE(unmask_rule_file(R"("http://***@elsewhere")", before));
  EXPECT_FALSE(unmask_rule_file(R"("http://***@proxy")", before));
  EXPECT_FALSE(unmask_rule_file(R"("http://***@proxy.example")", ""));
}

TEST(MaskedRuleFile, TellsUsersOfOneHostApart) {
  const std::string before = R"(["http://s1:pw@p.example:80", "http://s2:pw@p.example:80"])";
  const auto masked = mask_rule_file(before);
  EXPECT_EQ(*unmask_rule_file("// new\n" + masked, before), "// new\n" + before);
  EXPECT_FALSE(unmask_rule_file(R"(["http://***@p.example:80"])", before)) << "which of them?";
  EXPECT_EQ(*unmask_rule_file(R"("http://***@p:1" "http://***@p:1")", R"("http://u:p@p:1")"),
            R"("http://u:p@p:1" "http://u:p@p:1")");
}

TEST(MaskedRuleFile, HidesPasswordsHoweverTheyAreSpelled) {
  for (const std::string before : {R"("http://u:p@ss@h:1/x")", R"("http:\/\/u:p@h\/x")"}) {
    const auto masked = mask_rule_file(before);
    EXPECT_EQ(masked.find("u:p"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("ss@"), std::string::npos) << masked;
    EXPECT_EQ(*unmask_rule_file(masked, before), before);
  }
}

class FilesOnDisk : public ::testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& file : files_.list()) all.push_back(file.name);
    return all;
  }
  cachearr::test::Scratch folder_, state_;
  RuleFiles files_{{folder_.path()}, state_.path()};
};

TEST_F(FilesOnDisk, AreListedInTheOrderInWhichTheyAreRead) {
  folder_.file("b.json", "{}");
  folder_.file("a.json", "{}");
  folder_.file("schema.json", "{}");
  folder_.file("notes.txt", "");
  EXPECT_THAT(names(), ElementsAre("a.json", "b.json"));
}

TEST_F(FilesOnDisk, AreReplacedAsAWhole) {
  const auto path = *files_.new_path("x.json");
  EXPECT_EQ(path, folder_.path() + "/x.json");
  EXPECT_FALSE(files_.replace(path, "one"));
  EXPECT_FALSE(files_.replace(path, "two"));
  EXPECT_EQ(*files_.read(path), "two");
  EXPECT_THAT(names(), ElementsAre("x.json"));
}

TEST_F(FilesOnDisk, GoIntoTheStateDirectoryWhereNoOtherFolderIs) {
  const RuleFiles files{{}, state_.path()};
  EXPECT_EQ(*files.new_path("x.json"), state_.path() + "/rules.d/x.json");
}

TEST_F(FilesOnDisk, KeepTheirLastTenVersions) {
  for (int i = 1; i <= 12; ++i) EXPECT_FALSE(files_.keep("x.json", "version " + std::to_string(i)));
  const auto kept = files_.versions("x.json");
  ASSERT_EQ(kept.size(), RuleFiles::kMostVersions);
  EXPECT_EQ(kept.front().number, 12U);
  EXPECT_EQ(kept.back().number, 3U);
  EXPECT_EQ(*files_.read_version("x.json", 12), "version 12");
  EXPECT_FALSE(files_.read_version("x.json", 2));
}

TEST_F(FilesOnDisk, AreToldOfWhenTheyAreGone) {
  EXPECT_FALSE(files_.keep("x.json", "{}"));
  EXPECT_THAT(files_.gone(), ElementsAre("x.json"));
  folder_.file("x.json", "{}");
  EXPECT_THAT(files_.gone(), IsEmpty());
}

}  // namespace
}  // namespace cachearr::admin::test
