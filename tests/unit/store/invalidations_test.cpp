#include "store/invalidations.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using Kind = Selector::Kind;

TEST(Invalidations, SpeakOnlyOfWhatIsOlder) {
  Invalidations rules;
  const auto before = rules.current();
  rules.add({Kind::all, "", false});
  EXPECT_EQ(rules.standing_of_newcomer({"k", "u", {}, before}), Standing::gone);
  EXPECT_EQ(rules.standing_of_newcomer({"k", "u", {}, rules.current()}), Standing::valid);
}

TEST(Invalidations, AHardOneOutweighsASoftOne) {
  Invalidations rules;
  const auto before = rules.current();
  rules.add({Kind::key, "k", false});
  rules.add({Kind::key, "k", true});
  EXPECT_EQ(rules.standing_of_newcomer({"k", "u", {}, before}), Standing::gone);
  EXPECT_EQ(rules.standing_of_newcomer({"k", "u", {}, before + 1}), Standing::stale);
}

TEST(Invalidations, AreOpenUntilSwept) {
  Invalidations rules;
  rules.add({Kind::key, "a", false});
  rules.add({Kind::key, "b", false});
  ASSERT_EQ(rules.open().size(), 2U);
  rules.swept(rules.open().front().generation);
  ASSERT_EQ(rules.open().size(), 1U);
  EXPECT_EQ(rules.open().front().selector.text, "b");
}

TEST(Invalidations, AreRememberedForAnswersUnderWayAfterTheSweep) {
  Invalidations rules;
  const auto before = rules.current();
  rules.add({Kind::key, "a", false});
  rules.swept(rules.current());
  EXPECT_EQ(rules.standing_of_newcomer({"a", "u", {}, before}), Standing::gone);
}

TEST(Invalidations, ThatAreForgottenMakeAnAnswerFromThatTimeUnwelcome) {
  Invalidations rules;
  const auto before = rules.current();
  for (int i = 0; i < 5000; ++i) rules.swept(rules.add({Kind::key, std::to_string(i), false}).generation);
  EXPECT_EQ(rules.standing_of_newcomer({"untouched", "u", {}, before}), Standing::gone);
  EXPECT_EQ(rules.standing_of_newcomer({"untouched", "u", {}, rules.current() - 10}), Standing::valid);
}

TEST(Invalidations, AreNotForgottenBeforeTheDiskIsSwept) {
  Invalidations rules;
  const auto before = rules.current();
  rules.swept_on_disk(0);
  rules.add({Kind::key, "a", false});
  for (int i = 0; i < 5000; ++i) rules.swept(rules.add({Kind::key, "b", false}).generation);
  EXPECT_EQ(rules.standing_on_disk({"a", "u", {}, before}), Standing::gone);
  EXPECT_EQ(rules.standing_on_disk({"c", "u", {}, before}), Standing::valid);
}

TEST(Invalidations, ComeBackAfterARestart) {
  Invalidations rules;
  rules.restore({make_invalidation(5, {Kind::tag, "series", false})}, 7);
  const std::uint64_t tags[] = {hash128("series").low};
  EXPECT_EQ(rules.current(), 7U);
  EXPECT_TRUE(rules.open().empty());
  EXPECT_EQ(rules.standing_on_disk({"k", "u", tags, 4}), Standing::gone);
  EXPECT_EQ(rules.standing_on_disk({"k", "u", tags, 5}), Standing::valid);
}

}  // namespace
}  // namespace cachearr::store
