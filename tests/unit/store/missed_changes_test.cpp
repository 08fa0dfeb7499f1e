#include "store/missed_changes.hpp"

#include <gtest/gtest.h>

namespace cachearr::store {
namespace {

Hash128 id(std::uint64_t number) { return {number, 1}; }

TEST(MissedChanges, AreRememberedUntilTheyAreRemoved) {
  MissedChanges missed;
  EXPECT_TRUE(missed.empty());
  missed.add(id(1));
  missed.add(id(2));
  EXPECT_TRUE(missed.has(id(1)));
  EXPECT_FALSE(missed.has(id(3)));
  missed.remove(id(1));
  EXPECT_FALSE(missed.has(id(1)));
  EXPECT_EQ(missed.some(10), (std::vector<Hash128>{id(2)}));
}

TEST(MissedChanges, AreNewOnce) {
  MissedChanges missed;
  missed.add(id(1));
  missed.add(id(1));
  EXPECT_EQ(missed.take_new().size(), 1U);
  EXPECT_TRUE(missed.take_new().empty());
  EXPECT_TRUE(missed.has(id(1)));
}

TEST(MissedChanges, StayNewWhereTheJournalIsReadMeanwhile) {
  MissedChanges missed;
  missed.add(id(1));
  missed.add_journaled({id(2), id(3)});
  EXPECT_TRUE(missed.has(id(2)));
  EXPECT_EQ(missed.take_new(), (std::vector<Hash128>{id(1)}));
}

TEST(MissedChanges, AreNoLongerNewOnceTheyAreRemoved) {
  MissedChanges missed;
  missed.add(id(1));
  missed.remove(id(1));
  EXPECT_TRUE(missed.take_new().empty());
}

TEST(MissedChanges, SayWhenThereAreTooMany) {
  MissedChanges missed;
  for (std::uint64_t i = 0; i < MissedChanges::kMost; ++i) missed.add(id(i));
  missed.add(id(0));
  EXPECT_FALSE(missed.overflowed());
  missed.add(id(MissedChanges::kMost));
  EXPECT_TRUE(missed.overflowed());
  missed.clear();
  EXPECT_FALSE(missed.overflowed());
  EXPECT_TRUE(missed.empty());
}

}  // namespace
}  // namespace cachearr::store
