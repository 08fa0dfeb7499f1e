#include "store/rule_journal.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "store/store.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

const std::vector<Invalidation> kRules{make_invalidation(7, {Selector::Kind::key, "a", false}),
                                       make_invalidation(8, {Selector::Kind::tag, "t", true})};

TEST(RuleJournal, GivesBackWhatWasAppended) {
  const test::Folder folder;
  EXPECT_TRUE(journaled_rules(folder.path()).empty());
  EXPECT_TRUE(journal_rules(folder.path(), {kRules[0]}));
  EXPECT_TRUE(journal_rules(folder.path(), {kRules[1]}));
  const auto rules = journaled_rules(folder.path());
  ASSERT_EQ(rules.size(), 2U);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(rules[i].generation, kRules[i].generation);
    EXPECT_EQ(rules[i].selector.kind, kRules[i].selector.kind);
    EXPECT_EQ(rules[i].selector.text, kRules[i].selector.text);
    EXPECT_EQ(rules[i].selector.soft, kRules[i].selector.soft);
    EXPECT_EQ(rules[i].tag, kRules[i].tag);
  }
  clear_journal(folder.path());
  EXPECT_TRUE(journaled_rules(folder.path()).empty());
}

TEST(RuleJournal, EndsWhereItWasCutOff) {
  const test::Folder folder;
  ASSERT_TRUE(journal_rules(folder.path(), kRules));
  const auto file = folder.path() + "/purges";
  for (auto size = std::filesystem::file_size(file) - 1; size > 0; --size) {
    std::filesystem::resize_file(file, size);
    EXPECT_LT(journaled_rules(folder.path()).size(), 2U);
  }
}

TEST(RuleJournal, IsAppliedToTheStoreAtTheNextStart) {
  const test::Folder folder;
  ManualClock clock;
  StoreOptions options;
  options.disk_path = folder.path();
  { make_store(options, clock).value()->put(test::make({.key = "a"}, clock)); }
  ASSERT_TRUE(journal_rules(folder.path(), {make_invalidation(UINT32_MAX - 1, {Selector::Kind::key, "a", false})}));
  const auto store = make_store(options, clock).value();
  EXPECT_TRUE(store->find_key("a").empty());
  store->flush();
  EXPECT_TRUE(journaled_rules(folder.path()).empty());
}

}  // namespace
}  // namespace cachearr::store
