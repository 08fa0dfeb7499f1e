#include "store/residency.hpp"

#include <gtest/gtest.h>

namespace cachearr::store {
namespace {

TEST(Residency, BeginsWithAFileOfWhichNothingIsKnown) {
  const Residency residency;
  EXPECT_FALSE(residency.is_whole());
  EXPECT_NE(residency.period(), 0);
}

TEST(Residency, EndsItsPeriodWhenTheFileIsNoLongerWhollyInMemory) {
  Residency residency;
  const auto first = residency.period();
  residency.note_sample(true);
  EXPECT_EQ(residency.period(), first);
  residency.note_sample(false);
  EXPECT_FALSE(residency.is_whole());
  const auto second = residency.period();
  EXPECT_NE(second, first);
  // A file that is larger than memory never is; that is no news.
  residency.note_sample(false);
  EXPECT_EQ(residency.period(), second);
}

TEST(Residency, EndsItsPeriodWhenAReadHasWaited) {
  Residency residency;
  residency.note_sample(true);
  const auto before = residency.period();
  residency.note_wait();
  EXPECT_FALSE(residency.is_whole());
  EXPECT_NE(residency.period(), before);
}

TEST(Residency, ProvesWhatWasReadInThisPeriodWhileTheWholeFileIsInMemory) {
  Residency residency;
  const auto first = residency.period();
  EXPECT_FALSE(residency.is_proven(first)) << "nobody knows what has left memory unseen";
  residency.note_sample(true);
  EXPECT_TRUE(residency.is_proven(first));
  EXPECT_FALSE(residency.is_proven(0)) << "not read yet";
  residency.note_wait();
  EXPECT_FALSE(residency.is_proven(first));
  residency.note_sample(true);
  EXPECT_FALSE(residency.is_proven(first));
}

TEST(Residency, HasNoPeriodZero) {
  Residency residency;
  for (int i = 0; i < 70'000; ++i) {
    residency.note_wait();
    ASSERT_NE(residency.period(), 0);
  }
}

}  // namespace
}  // namespace cachearr::store
