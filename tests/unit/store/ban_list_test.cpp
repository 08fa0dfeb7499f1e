#include "store/ban_list.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using Kind = Invalidation::Kind;

TEST(BanList, SpeakOnlyOfWhatIsOlder) {
  BanList bans;
  const auto before = bans.current();
  bans.add({Kind::all, "", false});
  EXPECT_EQ(bans.validity_of_newcomer({"k", "u", {}, before}), Validity::gone);
  EXPECT_EQ(bans.validity_of_newcomer({"k", "u", {}, bans.current()}), Validity::valid);
}

TEST(BanList, AHardOneOutweighsASoftOne) {
  BanList bans;
  const auto before = bans.current();
  bans.add({Kind::key, "k", false});
  bans.add({Kind::key, "k", true});
  EXPECT_EQ(bans.validity_of_newcomer({"k", "u", {}, before}), Validity::gone);
  EXPECT_EQ(bans.validity_of_newcomer({"k", "u", {}, before + 1}), Validity::stale);
}

TEST(BanList, AreOpenUntilSwept) {
  BanList bans;
  bans.add({Kind::key, "a", false});
  bans.add({Kind::key, "b", false});
  ASSERT_EQ(bans.open().size(), 2U);
  bans.swept(bans.open().front().generation);
  ASSERT_EQ(bans.open().size(), 1U);
  EXPECT_EQ(bans.open().front().what.text, "b");
}

TEST(BanList, AreRememberedForAnswersUnderWayAfterTheSweep) {
  BanList bans;
  const auto before = bans.current();
  bans.add({Kind::key, "a", false});
  bans.swept(bans.current());
  EXPECT_EQ(bans.validity_of_newcomer({"a", "u", {}, before}), Validity::gone);
}

TEST(BanList, ThatAreForgottenMakeAnAnswerFromThatTimeUnwelcome) {
  BanList bans;
  const auto before = bans.current();
  for (int i = 0; i < 5000; ++i) bans.swept(bans.add({Kind::key, std::to_string(i), false}).generation);
  EXPECT_EQ(bans.validity_of_newcomer({"untouched", "u", {}, before}), Validity::gone);
  EXPECT_EQ(bans.validity_of_newcomer({"untouched", "u", {}, bans.current() - 10}), Validity::valid);
}

TEST(BanList, AreNotForgottenBeforeTheDiskIsSwept) {
  BanList bans;
  const auto before = bans.current();
  bans.swept_on_disk(0);
  bans.add({Kind::key, "a", false});
  for (int i = 0; i < 5000; ++i) bans.swept(bans.add({Kind::key, "b", false}).generation);
  EXPECT_EQ(bans.validity_on_disk({"a", "u", {}, before}), Validity::gone);
  EXPECT_EQ(bans.validity_on_disk({"c", "u", {}, before}), Validity::valid);
}

TEST(BanList, ComeBackAfterARestart) {
  BanList bans;
  bans.restore({make_ban(5, {Kind::tag, "series", false})}, 7);
  const std::uint64_t tags[] = {hash128("series").low};
  EXPECT_EQ(bans.current(), 7U);
  EXPECT_TRUE(bans.open().empty());
  EXPECT_EQ(bans.validity_on_disk({"k", "u", tags, 4}), Validity::gone);
  EXPECT_EQ(bans.validity_on_disk({"k", "u", tags, 5}), Validity::valid);
}

TEST(BanList, NamesAFamilyWithWhateverParametersWereAppended) {
  BanList bans;
  const auto before = bans.current();
  bans.add({Kind::key_family, "series:1", false});
  for (const auto* const key : {"series:1", "series:1?inc=true"})
    EXPECT_EQ(bans.validity_of_newcomer({key, "u", {}, before}), Validity::gone) << key;
  for (const auto* const key : {"series:10", "series:1:x", "series:", "a:series:1"})
    EXPECT_EQ(bans.validity_of_newcomer({key, "u", {}, before}), Validity::valid) << key;
}

}  // namespace
}  // namespace cachearr::store
